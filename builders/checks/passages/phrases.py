"""What an assistant says to its user and no text says to its reader, in English and Chinese.

Patterns are matched at the beginning of a line, or of a sentence near the end; they ask for so
much of the phrase that a text may still begin "I cannot remember a colder winter" or "Here is the
harbour at dawn". Dialogue begins with a quotation mark and is never matched.
"""

from __future__ import annotations

import re
from functools import lru_cache

_CAN_NOT = (
    r"(?:can(?:no|['’])t|can not|could(?:n['’]t| not)|won['’]t|will not|"
    r"(?:am|['’]m) (?:unable|not able))"
)
# A refusal speaks of now: "I could not see the shore" begins a story.
_CAN_NOT_NOW = (
    r"(?:can(?:no|['’])t|can not|won['’]t|will not|(?:am|['’]m) (?:unable|not able) to|"
    r"must (?:respectfully )?decline to)"
)
_DO = (
    r"(?:provide|write|create|generate|help|assist|fulfil+|complete|comply|produce|discuss|answer|"
    r"respond|offer|continue|engage|support|process|access|see|find any|do that|do this)"
)
# What is refused: "I cannot help thinking" and "I cannot write without music" refuse nothing.
_REFUSED = (
    r"(?:help|assist|comply)(?: you)?(?: (?:with|in)\b|[.,!;]|\Z)|do (?:that|this)\b|"
    rf"(?!help){_DO}\b[^\n.!?]{{0,80}}?\b(?:this|that|you(?:rs?)?|requests?|requested|content|material|"
    r"prompts?|information|details|links?|urls?|websites?|internet|texts?|articles?|posts?|"
    r"stor(?:y|ies)|essays?|tables?|tutorials?|passages?|guides?|answers?)\b"
)
_KIND = (
    r"(?:article|post|blog|blogpost|story|text|textbook|chapter|section|unit|course|table|list|faq|"
    r"guide|tutorial|paraphrase|passage|version|rewrite|rewriting|summary|thread|essay|piece|draft|"
    r"paragraph|problem|exercise|explanation|lesson|how-to|outline|response|answer)s?"
)
_KIND_ZH = (
    r"(?:文章|博客|博文|故事|文本|教材|章节|小节|课文|表格|列表|问答|指南|教程|改写|短文|版本|"
    r"摘要|总结|帖子|讨论帖|作文|草稿|段落|题目|例题|讲解|正文|内容|清单|步骤|回答|答案)"
)

_DO_ZH = (
    r"(?:为|给|帮|向|按|根据|从|在|对|直接|继续|提供|撰写|生成|协助|回答|满足|完成|创作|写|编写|处理|访问|"
    r"讨论|给出|确定|理解|找到|执行|查看|浏览|打开|获取|判断|预测|告诉|知道|进行|做|翻译|推荐|分析|识别|"
    r"显示|看到|听到|搜索|播放|发送|预订|支持|参与|评论|透露|分享|描述|展示|创建|制作|使用|提出|计算|得知|"
    r"了解|辨|读|实现|解决|修改|改写|上传|下载|连接|代替|替|答|改|将|把|通过|与|和|跟|建议)"
)

SELF_DESCRIPTIONS: tuple[str, ...] = (
    (
        r"as an? (?:ai|artificial intelligence|large language model|language model)"
        r"(?: language)?(?: model| assistant| chatbot)?,? (?:i|my)\b"
    ),
    (
        r"i(?:['’]m| am) (?:just |only )?an? (?:ai|artificial intelligence|large language model"
        r"|language model)(?: language)?(?: model| assistant| chatbot)?\b"
    ),
    (
        r"作为(?:一[个名款种])?(?:ai|人工智能|大型?语言|语言)(?:语言)?(?:模型|助手|助理|程序|机器人)?"
        r"[，,]?\s*我"
    ),
    r"我(?:只)?是(?:一[个名款种])?(?:ai|人工智能)(?:语言)?(?:模型|助手|助理|程序|机器人)",
)
REFUSALS: tuple[str, ...] = (
    rf"(?:unfortunately,? |regrettably,? )?i(?: |(?=['’])){_CAN_NOT_NOW} (?:{_REFUSED})",
    (
        r"(?:i['’]m |i am )?(?:very |truly |so )?sorry[,.]? (?:but )?i "
        r"(?:can(?:no|['’])t|am (?:unable|not able))\b"
    ),
    (
        r"(?:(?:i['’]m |i am |we['’]re |we are )?(?:very |truly |so |deeply )?sorry\b"
        r"|(?:i |my )?(?:must )?apologi[sz]e[sd]?\b|(?:my )?(?:sincere )?apologies\b)"
        rf"[^\n]{{0,60}}?\b(?:i|we)(?: |(?=['’]))(?:{_CAN_NOT}(?: to)? (?:{_DO}|complete|fulfil+)\b"
        r"(?! (?:but|\w+ing)\b)|(?:do not|don['’]t) (?:have (?:any |the |enough |sufficient )?"
        r"(?:access|information|details|abilit)|feel|provide|write|create|generate)|"
        r"(?:am|['’]m) (?:not comfortable|an? ai|a language)|must decline)"
    ),
    r"(?:i )?(?:must|have to) (?:respectfully )?decline\b",
    (
        r"(?:非常|很|十分|实在|真的?)?(?:抱歉|对不起|不好意思|遗憾)[，,。！!]?[^\n]{0,20}?"
        rf"(?:无法|不能|没办法|不便|难以|不会|没有能力){_DO_ZH}"
    ),
    (
        r"我(?:无法|不能|没办法|不便)(?:为[你您])?(?:提供|撰写|生成|协助|回答|满足|完成|帮助|创作|写|"
        r"编写|处理|访问|继续|讨论)"
    ),
)
_THINKING = r"(?:(?:okay|ok|alright|all right|hmm+|so|well|right|first|now)[,.…]*\s+)*"
_PONDERING = (
    r"(?:(?:okay|ok|alright|all right|hmm+)[,.…]*\s+|first, (?=i need))"
    rf"{_THINKING}"
)
OPENINGS: tuple[str, ...] = (
    (
        r"(?:sure(?: thing)?|certainly|of course|absolutely|okay|ok|alright|great|gladly|"
        r"no problem|understood|got it|definitely)[!,.:;… –—-]+(?:here|below|this is|these are|"
        r"i['’]?(?:d|ll|ve)?\b|let['’]s (?:write|create|draft|start with)|"
        r"let me|allow me|happy to|the following|"
        r"as (?:you )?requested)"
    ),
    (
        r"(?:sure(?: thing)?|certainly|of course|absolutely|gladly|no problem|understood|got it)"
        r"(?:!|[.:,]?\s*(?:\n|\Z))"
    ),
    rf"(?:here|below)(?:['’]s| is| are)\b[^\n.!?]{{0,100}}?\b{_KIND}\b[^\n.!?]{{0,120}}(?::|\n|\Z)",
    r"(?:here|below)(?:['’]s| is| are) (?:your|my|the (?:requested|rewritten|revised))\b",
    (
        rf"(?:this is|the following is)(?: an?| the| your| my)?(?: [\w-]+){{0,4}}? {_KIND}"
        r"(?: [^\n.!?]{0,100})?:"
    ),
    r"i(?:['’]d| would) be (?:happy|glad|delighted|pleased) to\b",
    (
        rf"i(?:['’]ll| will| have|['’]ve)(?: \w+){{0,2}}? (?:writ(?:e|ten)|created?|rewritten|"
        rf"prepared?|drafted?|rewrite) (?:(?:an?|the|this|your|my)\b[^\n.!?]{{0,60}}?\b{_KIND}\b|"
        r"[^\n.!?]{0,60}?\bfor you\b)"
    ),
    r"thank(?:s| you) for (?:your (?:question|request|prompt|message)|providing|sharing th)",
    # A thought that stands in the text.
    rf"{_THINKING}(?:the )?user (?:wants|asks|asked|is asking|has asked|requests|would like)\b",
    rf"{_THINKING}the (?:prompt|request|task) (?:wants|asks|says)\b",
    (
        rf"(?:{_THINKING}we|{_PONDERING}i)(?: (?:need|have|should|must)|['’]ll)(?: to)? "
        r"(?:write|create|generate|produce|draft|craft|come up with|rewrite|rephrase|understand)\b"
        r"[^\n.!?]{0,40}?\b(?:blog ?posts?|articles?|stor(?:y|ies)|faqs?|textbook|tutorials?|"
        r"paraphrase|wikihow|thread|extract|passage|user)\b"
    ),
    (
        r"(?:(?:好的?|嗯+|好吧|首先|那么|现在)[，,。、]?)*(?:我(?:现在)?(?:需要|要|得|来)(?:先)?[^。\n]{0,12})?"
        r"用户(?:的(?:要求|需求|请求)是|(?:想要?|要求?|让|希望|需要|请)(?:我|一[篇份]|写|生成))"
    ),
    r"(?:首先|嗯+|好吧?)[，,]我(?:需要|要|得)(?:先)?(?:理解|明确|确定|分析|弄清|看看)[^。\n]{0,10}(?:用户|题目要求|任务)",
    r"(?:好的|好啊|好呀|没问题|当然可以|当然没问题|当然|可以的|明白了?|收到|乐意效劳|了解)[，,！!。：:～~]",
    rf"(?:以下|下面|下列|如下)(?:就?是|为)[^\n。！？]{{0,60}}?(?:{_KIND_ZH}|[：:])",
    rf"(?:这|这里)(?:就?是|有)(?:我)?(?:为[你您])?[^\n。！？，]{{0,30}}?{_KIND_ZH}[^\n。！？]{{0,20}}[：:]",
    r"(?:我(?:将|会|来|已经?)?)?(?:根据|按照)(?:[你您]的?|上述|以上)(?:的)?(?:要求|请求|提示|材料|指示)",
    r"(?:我很?(?:乐意|高兴)|让我来?)(?:为[你您]|帮[你您])",
    r"(?:感谢|谢谢)[你您]的(?:提问|问题|请求|信任)",
)
CLOSINGS: tuple[str, ...] = (
    (
        r"(?:i|we) (?:really |sincerely )?hope (?:that )?(?:this|these|it|my|the above)"
        r"[^.!?\n]{0,40}?\b(?:helps?|helpful|useful|meets?|answers?|gives you)\b"
    ),
    r"hope (?:this|that|it) helps\b",
    (
        r"(?:please |just )?(?:let me know|tell me|feel free to (?:ask|let me|reach out|contact))"
        r"\b(?! in the comments)[^.!?\n]{0,30}?\b(?:if|whether|any|what|how|me)\b"
    ),
    (
        r"if (?:you|there)(?: are|['’]re|['’]d| would)?[^.!?\n]{0,50}?\b(?:questions?|like me to|"
        r"need (?:anything|more|further|help)|adjustments?|modifications?)\b[^.!?\n]{0,30}?"
        # "please ask your doctor" is advice.
        r"(?:please(?! (?:ask|contact|consult|call|see|visit|talk to|speak (?:to|with)) "
        r"(?:your|the|an?)\b)|feel free|let me|just ask|i['’]m|i am)"
    ),
    r"(?:is|was) there anything else\b",
    r"would you like (?:me to\b|an? (?:longer|shorter|different|more)\b)",
    (
        rf"(?:this|the above) (?:[\w-]+ )?{_KIND} (?:meets|fulfil+s|satisfies|adheres to) "
        r"(?:all |the |your )*(?:requirements?|constraints|criteria|request|prompt|guidelines)"
    ),
    (
        rf"(?:this|the above) (?:[\w-]+ )?{_KIND} (?:is|has|contains)"
        r"(?: about| roughly| approximately)? \d+ words"
    ),
    r"\(?(?:total )?word count\b",
    (
        r"\(?note: (?:this|the|i|please)[^\n]{0,60}?\b(?:text|article|story|post|version|fiction"
        r"|generated|written|prompt|request)"
    ),
    r"希望(?:这|以上|上面|我的)[^。！？\n]{0,20}?(?:帮助|有用|满意|符合[你您])",
    r"希望(?:能)?对[你您][^。！？\n]{0,10}?帮助",
    (
        r"(?:如果|如|若|要是)[你您]?(?:还)?(?:有|需要?|想)[^。！？\n]{0,24}?(?:请告诉我|告诉我|联系我|"
        r"问我|提问|(?:随时|欢迎)(?:随时)?(?:[与和跟向]我们?|来)?(?:告诉|联系|问|提问|提出|咨询|留言|反馈|指正|交流|"
        r"沟通|找我|说)|尽管(?:问|说|告诉|提|开口|吩咐|联系|找我))"
    ),
    r"(?:请|欢迎)?随时(?:告诉我|问我|联系我|向我|提问)",
    r"[（(]?注[:：](?:本文|以上|此文|全文)[^\n]{0,30}?(?:字|要求|虚构|生成|改写|撰写)",
    r"(?:（|\()?(?:全文|字数|总字数)[^\n]{0,8}?\d+\s*(?:个)?字",
    r"还有(?:什么|其他)[^。！？\n]{0,10}?(?:帮|需要)[^。！？\n]{0,10}?[吗？?]",
)

_MARKS = " \t\r*_#>~`|-–—"
_HEADING = re.compile(r"#{1,6}\s|\*\*[^*\n]{1,120}\*\*[:：]?\s*$")
_LINE = re.compile(r"[^\n]*\S[^\n]*(?:\n|\Z)")
_QUOTED = re.compile(
    '"[^"\\n]{0,900}"|“[^”]{0,900}”|「[^」]{0,900}」|『[^』]{0,900}』|《[^》]{0,900}》'
)
_SENTENCE_START = r"(?:(?<=[.!?。！？…\n*_>)）])|\A)[\s*_>(（]*"


@lru_cache(maxsize=32)
def _join(patterns: tuple[str, ...], before: str) -> re.Pattern[str]:
    return re.compile(
        before + "(?:" + "|".join(f"(?:{one})" for one in patterns) + ")", re.IGNORECASE
    )


def find_opening(text: str, patterns: tuple[str, ...]) -> str | None:
    """What one of the patterns matches at the text's beginning or below its first heading."""
    if not patterns:
        return None
    pattern = _join(patterns, "")
    for count, line in enumerate(_LINE.finditer(text)):
        start = line.start() + len(line[0]) - len(line[0].lstrip(_MARKS))
        found = pattern.match(text, start)
        if found:
            return found[0].strip()
        if count == 1 or not _HEADING.match(line[0].lstrip()):
            return None
    return None


def find_closing(text: str, patterns: tuple[str, ...], most_characters: int) -> str | None:
    """What a pattern matches at the beginning of a sentence among the last characters."""
    if not patterns or not most_characters:
        return None
    end = text.rstrip()
    # The signs before the cut tell whether a sentence begins there.
    found = _join(patterns, _SENTENCE_START).search(end, max(0, len(end) - most_characters))
    return found[0].strip() if found else None


def find_anywhere(text: str, patterns: tuple[str, ...]) -> str | None:
    """What a pattern matches outside quotation marks, wherever it stands."""
    if not patterns:
        return None
    pattern = _join(patterns, "")
    if not pattern.search(text):
        return None
    found = pattern.search(_QUOTED.sub('""', text))
    return found[0].strip() if found else None
