"""A set of traces in numbers."""

from builders.trace_statistics import bin_pass_rates, describe_traces, measure_quantiles
from tests.outcomes import checked, small_outcome


def test_quantiles_are_values_that_occur() -> None:
    quantiles = measure_quantiles(range(100, 0, -1))
    assert quantiles is not None
    ranks = (quantiles.min, quantiles.p10, quantiles.p50, quantiles.p90, quantiles.p99)
    assert (*ranks, quantiles.max, quantiles.mean) == (1, 10, 50, 90, 99, 100, 50.5)
    assert measure_quantiles([]) is None


def test_unreported_tokens_are_unknown_and_never_zero() -> None:
    silent = [checked("a?", "t", "r", prompt_tokens=None, completion_tokens=None)] * 3
    tokens = describe_traces(silent).tokens
    assert (tokens.completion.total, tokens.completion.unreported) == (None, 3)

    mixed = describe_traces([*silent, checked("b?", "t", "r", completion_tokens=0)]).tokens
    assert (mixed.completion.total, mixed.completion.reported) == (0, 1)


def test_a_count_that_no_text_can_have_is_unknown() -> None:
    broken = [checked("a?", "t", "r", prompt_tokens=-1, completion_tokens=10**30)]
    tokens = describe_traces(broken).tokens
    assert (tokens.prompt.total, tokens.completion.total) == (None, None)


def test_a_question_counts_once_in_the_pass_rates() -> None:
    rates = [0.0, 0.1, 0.25, 0.26, 0.5, 0.75, 0.76, 1.0]
    traces = [
        checked(f"{rate}?", "t", "r", sample=sample, pass_rate=rate)
        for rate in rates
        for sample in range(2)
    ]
    traces.append(checked("open?", "t", "r", pass_rate=None))
    assert list(bin_pass_rates(traces).values()) == [1, 2, 2, 1, 1, 1]


def test_figures_do_not_depend_on_the_order_of_traces() -> None:
    traces = small_outcome().published
    assert describe_traces(traces) == describe_traces(traces[::-1])


def test_an_empty_set_has_no_mean_and_no_lengths() -> None:
    empty = describe_traces([])
    assert (empty.mean_language_consistency, empty.lengths.thought_characters) == (None, None)


def test_tags_inside_the_text_itself_are_counted() -> None:
    traces = [checked("a?", "the tag </think> ends", "x"), checked("b?", "t", "<thinking>")]
    assert describe_traces(traces).literal_think_tags == 1
