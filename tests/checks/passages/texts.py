"""Passages in our own words, one of each form and language, and how to make a row of them."""

from __future__ import annotations

from distilabel_pipelines.passages import Passage, TextPrompt
from distilabel_pipelines.rows import Language

PROSE_EN = """A river does not simply carry water to the sea. It carries stones, sand and mud, and \
with them it slowly builds and destroys the land. In the mountains the slope is steep, the current \
is fast, and even large boulders are rolled along the bed during a flood.

Further down, the valley widens and the current slows. The heavy stones are left behind first, \
then \
the gravel, and the finest mud travels the longest way. That is why the fields near the mouth of a \
river are so often flat and fertile: every flood has spread a thin new layer over them.

People have lived with this exchange for thousands of years. They built dams to keep the water \
away, and found that the mud stayed away as well."""
PROSE_ZH = """河流带走的不只是水。它还带着石头、沙子和泥土，一点一点地改变着两岸的样子。在山里，\
坡度很大，\
水流很急，洪水来的时候，连大石头也会被推着往前滚。

到了平原，河谷变宽，水流也慢了下来。重的石头先停下，然后是砾石，最细的泥走得最远。所以河口附近的\
田地往往平坦而\
肥沃：每一次洪水都会在上面铺上薄薄的一层新土。

几千年来，人们一直和这种变化生活在一起。他们修起堤坝挡住洪水，后来才发现，泥土也被一起挡在了外面\
。"""
FAQ_EN = """Q: Why do leaves turn yellow in autumn?
A: The green pigment is taken apart when the days become short, and the yellow one that was there \
all the time can be seen. The tree keeps what it can use again.

Q: Does every tree lose its leaves?
A: No. Most conifers keep their needles for several years, since a needle loses little water.

Q: Is a yellow leaf dead?
A: Not at once. The tree first closes the stalk with a layer of cork, and then the leaf falls."""
FAQ_ZH = """问：为什么秋天树叶会变黄？
答：白天变短以后，叶绿素会被分解，原来就有的黄色素就显露出来了。树会把有用的成分收回去。

问：所有的树都会落叶吗？
答：不是。大多数针叶树的叶子能保留好几年，因为针叶失去的水分很少。

问：黄叶是死叶吗？
答：不一定。树先在叶柄处长出一层木栓，然后叶子才会落下来。"""
TABLE_EN = """# Planets near the Sun

| Planet | Diameter (km) | Day (hours) | Moons |
|---|---|---|---|
| Mercury | 4,879 | 4,222.6 | 0 |
| Venus | 12,104 | 2,802.0 | 0 |
| Earth | 12,756 | 24.0 | 1 |
| Mars | 6,792 | 24.7 | 2 |

The inner planets are small and made of rock. Only two of them have moons, and the day of Venus is \
longer than its year."""
TABLE_ZH = """# 离太阳近的行星

| 行星 | 直径（千米） | 一天（小时） | 卫星 |
|---|---|---|---|
| 水星 | 4879 | 4222.6 | 0 |
| 金星 | 12104 | 2802.0 | 0 |
| 地球 | 12756 | 24.0 | 1 |
| 火星 | 6792 | 24.7 | 2 |

这几颗行星都不大，由岩石构成，其中只有两颗有卫星。金星上的一天比它的一年还要长，这是因为它自转得\
非常慢。"""
LIST_EN = """## Salt in the kitchen

- Salt is a crystal of sodium and chlorine.
- It draws water out of vegetables, so that they keep their bite.
- Water with salt boils at a slightly higher temperature.

## Salt in nature

- Sea water holds about 35 grams of salt in each litre.
- Animals in dry lands travel far to lick salty stones.
- Rock salt is what is left of seas that dried up long ago."""
LIST_ZH = """## 厨房里的盐

- 盐是钠和氯组成的晶体。
- 盐能把蔬菜里的水分吸出来，使蔬菜保持爽脆。
- 加了盐的水沸点会略微升高。

## 自然界的盐

- 每升海水里大约有三十五克盐。
- 干旱地区的动物会走很远的路去舔含盐的石头。
- 岩盐是很久以前干涸的海留下来的。"""
MATH_EN = r"""**Problem.** A baker sells 12 loaves at 3 dollars each and pays 20 dollars for \
flour. How much \
is left over at the end of the day?

**Solution.** The income is $12 \times 3 = 36$ dollars. The flour costs $20$ dollars, so

$$36 - 20 = 16.$$

The baker has \boxed{16} dollars left. One can check this by adding: $16 + 20 = 36$, which is \
indeed \
what the loaves brought in, and every one of the 12 loaves gave 3 dollars."""
MATH_ZH = r"""**题目** 面包师卖出 12 个面包，每个 3 元，买面粉花了 20 元。一天结束时还剩多少元？

**解答** 收入是 $12 \times 3 = 36$ 元。面粉花了 $20$ 元，所以

$$36 - 20 = 16.$$

面包师还剩 \boxed{16} 元。可以用加法来验算：$16 + 20 = 36$，正好等于卖面包得到的钱。再看每个面包\
的价格，$36 \div 12 = 3$，\
和题目给出的一样，因此答案是正确的。"""
STEPS_EN = """To repot a plant, you need a pot that is a little larger, fresh soil and half an hour.

1. Water the plant the day before, so that the soil holds together.
2. Turn the pot over and tap it until the root ball comes out.
3. Loosen the roots with your fingers and cut off what is rotten.
4. Put soil on the bottom, set the plant on it and fill the sides.
5. Press the soil down, water it well and keep the plant out of the sun for a week."""
STEPS_ZH = """给植物换盆，需要一个稍大一点的花盆、新的土壤和半个小时的时间。

1. 提前一天浇水，让土壤结成一团。
2. 把花盆倒过来轻轻敲，直到根团脱出来。
3. 用手指松开根，把腐烂的部分剪掉。
4. 在盆底铺一层土，放上植物，再把四周填满。
5. 把土压实，浇透水，一个星期之内不要放在太阳下。"""
STORY_EN = """"Where is the lantern?" asked Mira. She stood at the door of the old mill and did \
not dare to go in.

"I gave it to the cat," said her brother, and he laughed so that the swallows flew up.

Nobody believed him, of course. But when they came to the wheel, a small light moved along the \
beam, \
and behind it shone two green eyes. Mira held her breath. The cat set the lantern down and \
looked at \
them as if it had waited for a long time.

"So it was true," she whispered."""
STORY_ZH = """“灯笼在哪儿？”小米问。她站在老磨坊的门口，不敢往里走。

“我把它交给猫了。”哥哥说着笑了起来，把屋檐下的燕子都惊飞了。

当然，没有人相信他的话。可是当他们走到水车旁边的时候，一点小小的亮光沿着横梁慢慢移动，后面还有两\
只绿色的眼睛。\
小米屏住了呼吸。猫把灯笼放下，看着他们，好像已经等了很久。

“原来是真的。”她轻轻地说。"""

GOOD: list[tuple[str, Language, str]] = [
    ("textbook_narrative", "en", PROSE_EN),
    ("textbook_academic", "zh", PROSE_ZH),
    ("blogpost", "en", PROSE_EN),
    ("paraphrase", "zh", PROSE_ZH),
    ("story", "en", STORY_EN),
    ("story", "zh", STORY_ZH),
    ("faq", "en", FAQ_EN),
    ("faq", "zh", FAQ_ZH),
    ("table", "en", TABLE_EN),
    ("table", "zh", TABLE_ZH),
    ("knowledge_list", "en", LIST_EN),
    ("knowledge_list", "zh", LIST_ZH),
    ("math", "en", MATH_EN),
    ("math", "zh", MATH_ZH),
    ("wikihow", "en", STEPS_EN),
    ("tutorial", "zh", STEPS_ZH),
    ("an own format", "en", PROSE_EN),
    ("an own format", "zh", PROSE_ZH),
]


def make_passage(
    text: str,
    text_format: str = "blogpost",
    language: Language = "en",
    *,
    prompt: str = "Write a text.",
    **fields: object,
) -> Passage:
    """A finished reply; `fields` are those of `Passage`."""
    row = TextPrompt(
        prompt_id="0123456789abcdef",
        prompt=prompt,
        format=text_format,
        audience="general",
        topic="",
        seed_data="test",
        language=language,
        source_kind="web",
        source_id="0123456789abcdef",
    )
    whole: dict[str, object] = {
        "prompt": row,
        "sample": 0,
        "model": "teacher",
        "reasoning_content": "",
        "content": text,
        "thought_form": "none",
        "finish_reason": "stop",
        "served_model": "teacher",
        "prompt_tokens": 100,
        "completion_tokens": 200,
        "reasoning_tokens": None,
        "attempts": 1,
        "request_id": "",
    }
    return Passage.model_validate(whole | fields)
