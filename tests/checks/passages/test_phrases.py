"""What an assistant says is found; what a text may say is not."""

from __future__ import annotations

import pytest

from builders.checks.passages.phrases import (
    CLOSINGS,
    OPENINGS,
    REFUSALS,
    SELF_DESCRIPTIONS,
    find_anywhere,
    find_closing,
    find_opening,
)


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I’m sorry, but as such content I cannot write it.",
        "I cannot provide a text on this subject.",
        "Unfortunately, I am unable to write this.",
        "I apologize, but I cannot continue this story.",
        "# Rivers\n\nI'm unable to create this article.",
        "抱歉，我无法提供这方面的内容。",
        "很抱歉，您要求的内容我不能写。",
        "对不起，这个问题我无法回答。",
        "对不起，由于没有文章的内容，我无法建议题目。",
        "I won't write that story.",
        "I'm not able to help with this request.",
        "Sorry, I can't.",
        "I apologize, but I don't have access to the extract.",
        "My apologies, but I am not comfortable writing about this.",
        "我无法为您撰写这篇文章。",
    ],
)
def test_refusals_are_found_where_a_text_begins(text: str) -> None:
    assert find_opening(text, REFUSALS)
    assert find_opening("It rained. " + text, REFUSALS) is None


@pytest.mark.parametrize(
    "text",
    [
        "I cannot remember a colder winter than that of 1987.",
        "I'm sorry to report that the old bridge is gone.",
        '"I can\'t help you," said the miller.',
        "Sorry is a short word with a long history.",
        "“抱歉，我不能去。”她说。",
        "我不能忘记那个冬天。",
        "很遗憾，这座桥已经不在了。",
        "Sorry for the long post, but I am stuck with my sourdough.",
        "Sorry if this was asked before, but I can't get my starter to rise.",
        "I'm sorry to hear that. Is there anything I can do?",
        "I cannot help thinking of that summer.",
        "I can't help but wonder where the mud goes.",
        "I could not see the shore any more.",
        "I couldn't answer the phone that night.",
        "I cannot write without music.",
        "不好意思，新手提问，家里的面包机还不会用。",
        "抱歉又来提问了，我家的鱼缸总是不能保持清澈。",
        "很遗憾，那年夏天谁也不会想到会下那么大的雨。",
    ],
)
def test_texts_may_begin_like_refusals(text: str) -> None:
    assert find_opening(text, REFUSALS) is None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("First a line. As an AI language model, I do not travel.", True),
        ("As an AI, I have no opinion.", True),
        ("I am an AI assistant and do not eat.", True),
        ("作为一个AI语言模型，我不能旅行。", True),
        ("作为人工智能助手，我没有味觉。", True),
        ("由于我是一个人工智能模型，所以不吃饭。", True),
        ('The robot said: "As an AI, I do not sleep."', False),
        ("“作为一个人工智能，我不睡觉。”机器人说。", False),
        ("He works as an air traffic controller.", False),
        ("As an AI winter began, funds dried up.", False),
        ("作为一个人工智能专家，他写了很多书。", False),
    ],
)
def test_a_teacher_that_speaks_of_itself_is_found(text: str, found: bool) -> None:
    assert bool(find_anywhere(text, SELF_DESCRIPTIONS)) is found


@pytest.mark.parametrize(
    "text",
    [
        "Sure, here is a blog post about rivers:",
        "Sure! Here's the text you asked for.",
        "**Certainly!** Below is a table.",
        "Certainly!\n\nRivers carry water.",
        "Of course, I'd be glad to.",
        "Here's a story about a cat:",
        "Here is the rewritten version\n\nRivers",
        "Below is a tutorial on knitting:",
        "I'd be happy to write about rivers.",
        "I have written a short article about rivers.",
        "## Rivers\n\nSure, here's an overview:",
        "好的，我来写一篇文章。",
        "好的！以下是内容。",
        "当然，下面是一篇文章：",
        "当然可以！",
        "以下是关于河流的文章：",
        "下面是一个关于猫的故事",
        "以下是几种常见的水果：",
        "这是一篇关于河流的博客文章：",
        "根据您的要求，我写了这篇文章。",
        "# 河流\n\n好的，以下是正文。",
        "Okay, so I need to write a blog post about rivers.",
        "We need to write a story for young children.",
        "Alright, the user wants a table.",
        "Hmm, the prompt asks for an FAQ.",
        "First, I need to understand what the user wants.",
        "I've written this for you with care.",
        "好，用户想要一篇关于河流的文章。",
        "嗯，用户让我写一个故事。",
        "首先，我需要理解用户的要求。",
    ],
)
def test_boilerplate_openings_are_found(text: str) -> None:
    assert find_opening(text, OPENINGS)


@pytest.mark.parametrize(
    "text",
    [
        "Sure-footed goats live on the cliffs.",
        "Sure, the summer was wet, but the harvest was good.",
        "Of course the sea is never still.",
        "Great cities are built on rivers.",
        "Here is the harbour at dawn, and nobody is awake.",
        "Here in the north the winters are long.",
        "This is the story of a river.",
        "I have written to my sister every week.",
        "Okay is the best known English word in the world.",
        "“好的，”她说，“我们走吧。”",
        "好的文章总是让人想读第二遍。",
        "当然的事情往往最难解释。",
        "以下三种水果最常见，我们一个一个来看。",
        "这是一个下着雨的早晨。",
        "I've written hundreds of blog posts about rivers.",
        "I have written three stories since May.",
        "I need to write an article for school, and I am stuck.",
        "We need to talk about rivers.",
        "First, we need to create a table in the database.",
        "The task is to find the length of the river.",
        "用户需要一个清晰的界面。",
        "首先，我需要一把铲子。",
    ],
)
def test_texts_may_begin_with_the_same_words(text: str) -> None:
    assert find_opening(text, OPENINGS) is None


@pytest.mark.parametrize(
    "text",
    [
        "I hope this helps!",
        "I hope you enjoy. Hope this helps.",
        "Let me know if you need more.",
        "Please let me know whether this works.",
        "Feel free to ask if anything is unclear.",
        "If you have any further questions, please ask.",
        "Is there anything else you need?",
        "(Word count: 512)",
        "Note: this text was generated as a story.",
        "希望这篇文章对您有所帮助！",
        "希望以上内容能帮助你。",
        "如果您有任何问题，请随时告诉我。",
        "如需更多信息，请告诉我。",
        "（全文约800字）",
        "Would you like a longer version?",
        "This blog post meets the requirements: an informal voice.",
        "This text contains 400 words.",
        "（注：本文为虚构。）",
        "如果您有任何问题，请随时与我们联系。",
    ],
)
def test_boilerplate_closings_are_found_at_the_end_only(text: str) -> None:
    body = "The river flows. " * 30
    assert find_closing(body + text, CLOSINGS, 240)
    assert find_closing(body + "\n\n**" + text + "**", CLOSINGS, 240)
    assert find_closing(text + " " + body, CLOSINGS, 240) is None
    assert find_closing(body + text, CLOSINGS, 0) is None


@pytest.mark.parametrize(
    "text",
    [
        "They hope this helps the farmers.",
        "The sign does not let me know if the shop is open.",
        "Let me know in the comments.",
        "If you have time, walk along the river.",
        "渔民们希望这场雨能帮助庄稼。",
        "如果有时间，可以沿着河走一走。",
        "If you have any questions about a medicine, please ask your pharmacist.",
        "If you have further questions, please contact the manufacturer.",
        "This section meets the river at the bridge.",
        "如果有不适，随时就医。",
        "如果有条件，随时补充水分。",
        "如果有时间，尽管路有点远，也值得去看看。",
        "如果想了解更多，欢迎参观河流博物馆。",
    ],
)
def test_texts_may_close_with_the_same_words(text: str) -> None:
    assert find_closing("The river flows. " * 30 + text, CLOSINGS, 240) is None
