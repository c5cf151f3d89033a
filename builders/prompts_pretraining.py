"""Write the prompts of a pretraining build, ask nobody: sources → select → mix → OUT/prompts.jsonl.

    python -m builders.prompts_pretraining --help        (or `make prompts-pretraining`)

Each line has `id, prompt, format, audience, topic, seed_data, language`; a build with the same
options sends these prompts in this order, but for sources that hold an item of a benchmark, which
it leaves out where benchmark files are there.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping

from builders.command_line import PRETRAINING, BuildOptions, read_options, run_command
from builders.decontamination import open_benchmarks
from builders.end_warnings import warn_of_no_check
from builders.output_folder import OutputFolder, lock_output
from builders.pretraining.clean_sources import drop_contaminated_sources
from builders.pretraining.outcome import SourcesFacts
from builders.pretraining.prompts import PROMPTS_NAME, BuiltPrompts, build_prompts, write_prompts
from builders.pretraining.recipe import PretrainingRecipe
from builders.pretraining.sources import load_sources


def prompts_pretraining(options: BuildOptions[PretrainingRecipe]) -> None:
    """The stage from top to bottom; it ends with a summary on standard output."""
    recipe = options.recipe
    with lock_output(options.out, "pretraining") as folder:
        benchmarks = open_benchmarks(recipe.decontamination)
        sources = load_sources(recipe.seeds, recipe.selection)
        clean = drop_contaminated_sources(sources, benchmarks)
        made = build_prompts(
            clean.kept,
            recipe.mixture,
            recipe.selection,
            seed=recipe.sampling.seed,
            most=recipe.most_prompts,
        )
        write_prompts(made.prompts, folder.root)
        warnings = [*warn_of_no_check(benchmarks.describe()), *_warn_of_a_dataset(made, folder)]
    sys.stdout.write(describe_prompts(made, clean.facts, f"{options.out}/{PROMPTS_NAME}"))
    sys.stdout.writelines(f"warning: {warning}\n" for warning in warnings)


def describe_prompts(made: BuiltPrompts, sources: SourcesFacts, path: str) -> str:
    """The summary: sources read, dropped by reason and kept, prompts by source, format, reader."""
    prompts = made.prompts
    fates = {
        "read": sources.rows_read,
        "dropped": sum(sources.dropped.values()),
        "equal to another": sources.equal_merged,
        "kept": sources.kept,
    }
    lines = [
        f"sources: {', '.join(f'{count} {fate}' for fate, count in fates.items())}",
        f"  kept:      {_list_counts(sources.kinds)}",
    ]
    if sources.dropped:
        lines.append(f"  dropped:   {_list_counts(sources.dropped)}")
    lines += [
        f"prompts: {len(prompts)}",
        f"  sources:   {_list_counts(Counter(prompt.source_kind for prompt in prompts))}",
        f"  formats:   {_list_counts(Counter(prompt.format for prompt in prompts))}",
        f"  audiences: {_list_counts(Counter(prompt.audience for prompt in prompts))}",
        f"  languages: {_list_counts(Counter(prompt.language for prompt in prompts))}",
        f"written to {path}",
    ]
    return "\n".join(lines) + "\n"


def _warn_of_a_dataset(made: BuiltPrompts, folder: OutputFolder) -> Iterator[str]:
    """That a finished dataset in OUT was made of other prompts, where that is so."""
    finished = folder.read_finished()
    if finished and finished.get("mixture", {}).get("prompts_sha256") != made.facts.prompts_sha256:
        yield (
            f"{folder.root} holds a finished dataset that was not made of these prompts; its own "
            "are in its config with_prompt. Choose another OUT to keep the two apart."
        )


def _list_counts(counts: Mapping[str, int]) -> str:
    ordered = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return ", ".join(f"{name} {count}" for name, count in ordered)


def main() -> int:
    """The command; returns its exit code."""
    return run_command(lambda: prompts_pretraining(read_options(sys.argv[1:], PRETRAINING)))


if __name__ == "__main__":
    sys.exit(main())
