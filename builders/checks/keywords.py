"""Words by which an instruction asks for more than text: images, sound, files, other programs.

The idea is the blacklist of Self-Instruct (arXiv:2212.10560, its `filter_instances`) and Alpaca;
the lists are our own. A word counts unless it stands inside a harmless expression, the longest
match from the left winning: "the plot of the novel" asks for no drawing, 数据文件夹 stays a file.
English is matched on word boundaries ("paragraph" is no graph). Chinese has no boundaries, so that
its list holds words that are seldom part of others, and the harmless list names the rest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

KEYWORDS_EN = (
    "image",
    "images",
    "picture",
    "pictures",
    "photo",
    "photos",
    "photograph",
    "photographs",
    "screenshot",
    "screenshots",
    "graph",
    "graphs",
    "chart",
    "charts",
    "flowchart",
    "flowcharts",
    "diagram",
    "diagrams",
    "map",
    "maps",
    "draw",
    "sketch",
    "plot",
    "file",
    "files",
    "attachment",
    "attachments",
    "download",
    "upload",
    "go to",
    "click",
    "video",
    "videos",
    "audio",
    "music",
    "powerpoint",
    "slideshow",
)
HARMLESS_EN = (
    "the plot",
    "a plot",
    "plot of",
    "plot summary",
    "plot twist",
    "plot twists",
    "plot point",
    "plot points",
    "plot hole",
    "plot holes",
    "plot idea",
    "plot ideas",
    "draw a conclusion",
    "draw conclusions",
    "draw the conclusion",
    "draw an inference",
    "draw inferences",
    "draw attention",
    "draw a comparison",
    "draw a lesson",
    "big picture",
    "motion picture",
    "motion pictures",
    "picture book",
    "picture books",
    "self-image",
    "body image",
    "brand image",
    "public image",
    "mind map",
    "go to bed",
    "go to sleep",
    "go to work",
    "go to school",
    "go to college",
    "go to university",
    "go to waste",
    "go to hell",
    "go to heaven",
    "video game",
    "video games",
    "music genre",
    "music genres",
    "music band",
    "music theory",
    "music teacher",
    "music industry",
    "music festival",
    "music lesson",
    "music lessons",
    "piece of music",
    "genre of music",
    "genres of music",
    "type of music",
    "types of music",
    "kind of music",
    "kinds of music",
    "style of music",
    "styles of music",
    "history of music",
    "graph theory",
    "file a complaint",
    "file a claim",
    "file a lawsuit",
    "file taxes",
    "file name",
    "file names",
    "birth chart",
)
KEYWORDS_ZH = (
    "图片",
    "图像",
    "照片",
    "相片",
    "插图",
    "配图",
    "截图",
    "画图",
    "绘图",
    "作图",
    "看图",
    "如图",
    "下图",
    "上图",
    "地图",
    "流程图",
    "示意图",
    "思维导图",
    "柱状图",
    "折线图",
    "饼图",
    "图表",
    "画出",
    "绘制",
    "画一",
    "视频",
    "音频",
    "录音",
    "播放",
    "听一段",
    "文件",
    "附件",
    "下载",
    "上传",
    "打开链接",
    "点击",
    "打开网页",
    "打开网站",
    "访问网站",
    "上网搜",
    "上网查",
    "幻灯片",
)
HARMLESS_ZH = (
    "文件柜",
    "文件夹名",
    "文件名",
    "红头文件",
    "官方文件",
    "法律文件",
    "政策文件",
    "视频网站",
    "视频博主",
    "视频会议",
    "视频通话",
    "短视频平台",
    "图像处理",
    "图像识别",
    "图表达",
    "意图表",
    "试图表",
    "企图表",
    "形象图书",
    "世界地图集",
    "书画出",
    "点击率",
    "画一样",
    "画一般",
    "漫画一",
    "电影画一",
)


@lru_cache(maxsize=16)
def _compile(keywords: tuple[str, ...], harmless: tuple[str, ...]) -> re.Pattern[str]:
    """Longest first; a word's ends are boundaries only where a Latin letter or digit stands."""
    words = {word.casefold(): "harmless" for word in harmless}
    words |= {word.casefold(): "keyword" for word in keywords if word.casefold() not in words}
    patterns = {"harmless": ["(?!)"], "keyword": ["(?!)"]}
    ordered = sorted(words, key=lambda word: (-len(word), word))
    for word in ordered:
        patterns[words[word]].append(_word_pattern(word))
    # Alternatives are tried in order: a harmless expression that holds the word is longer anyway.
    return re.compile(f"({'|'.join(patterns['harmless'])})|({'|'.join(patterns['keyword'])})")


def _word_pattern(word: str) -> str:
    before = r"(?<![a-z0-9_])" if re.match(r"[a-z0-9]", word) else ""
    after = r"(?![a-z0-9_])" if re.search(r"[a-z0-9]\Z", word) else ""
    return before + r"\s+".join(map(re.escape, word.split())) + after


def find_keyword(text: str, keywords: Sequence[str], harmless: Sequence[str]) -> str | None:
    """The first keyword of the text, folded, that no harmless expression holds; None for none."""
    pattern = _compile(tuple(keywords), tuple(harmless))
    found = (match.group(2) for match in pattern.finditer(text.casefold()))
    return next((word for word in found if word is not None), None)
