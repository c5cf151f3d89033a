"""Small words that change what a question asks: two texts that differ in one are two questions.

The lists are ours. `LIGHT` words on the other hand carry nothing: with or without them a
question is the same.
"""

from __future__ import annotations

_NUMBER_NAMES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
)
# "three" and "3", 三 and 3 are the same number; longer numerals are compared as they are written.
NUMBERS = {
    **{name: str(value) for value, name in enumerate(_NUMBER_NAMES.split())},
    **{name: str(value) for value, name in enumerate("零一二三四五六七八九十")},
    "〇": "0",
    "两": "2",
    "once": "1",
    "twice": "2",
}

# Words of one line are one critical word (inflections, equal senses).
_ENGLISH = """
not no never none neither nor without except
more
greater larger bigger
less fewer
most
largest biggest greatest
least fewest
maximum
minimum
increase increases increased increasing
decrease decreases decreased decreasing
odd
even
prime
add adds added plus
subtract subtracts subtracted minus
multiply multiplies multiplied times
divide divides divided
half halves halfway
third thirds
quarter quarters
double doubles doubled
triple triples tripled
thirty
forty
fifty
sixty
seventy
eighty
ninety
hundred hundreds
thousand thousands
million millions
billion billions
dozen dozens
percent
square squared
cube cubic cubed
sin
cos
tan
log
ln
"""
_CHINESE = "不没无非未多少加减乘除奇偶最百千万亿倍半且或"
_ENGLISH_KINDS = """
higher
longer
taller
older
faster
heavier
smaller
lower
shorter
younger
slower
lighter
highest
longest
tallest
oldest
fastest
smallest
lowest
shortest
youngest
slowest
gain gains gained
lose loses lost
before
after
first
second seconds
last
next
previous
left
right
true
false
sum
difference
product
quotient
remainder
ratio
perimeter circumference
area
volume
radius
diameter
mean average
median
mode
range
speed
distance
time
age
profit
each every per
or
why
how
when
where
who
above
below
up
down
inside
outside
north
south
east
west
monday mondays
tuesday tuesdays
wednesday wednesdays
thursday thursdays
friday fridays
saturday saturdays
sunday sundays
january
february
march
april
may
june
july
august
september
october
november
december
minute minutes
hour hours
day days
week weeks
month months
year years
cm centimeter centimeters centimetre centimetres
mm millimeter millimeters millimetre millimetres
meter meters metre metres
km kilometer kilometers kilometre kilometres
kg kilogram kilograms
gram grams
liter liters litre litres
ml milliliter milliliters
inch inches
foot feet
yard yards
mile miles
pound pounds
ounce ounces
dollar dollars
cent cents
uppercase
lowercase
ascending
descending
row rows
column columns
bought buy buys
sold sell sells
"""
_CHINESE_KINDS = (
    "大小高低长短快慢早晚前后左右上下内外先东南西北增升降买卖赚赔胜负真假正反每"
    "全剩余角分秒时天周月年日米厘毫克斤吨元质合积"
)


def _read_lines(lines: str) -> dict[str, str]:
    """Each word → the first word of its line."""
    return {word: line.split()[0] for line in lines.strip().splitlines() for word in line.split()}


# Two texts that have not the same of these, in the same order, are different whatever else.
CRITICAL = _read_lines(_ENGLISH) | {mark: mark for mark in _CHINESE}
# One of these in the place of another makes another question (hours for minutes, buys for sells,
# 大 for 小); one of these in the place of an ordinary word is an ordinary change ("buys", "gets").
OPPOSABLE = _read_lines(_ENGLISH_KINDS) | {mark: mark for mark in _CHINESE_KINDS}

_LIGHT = "a an the please kindly and so then now 请 的 了 呢 吗 吧 啊 呀 和 与 地 得 们"
_STOP = """
of to in on at for from by with is are was were be been has have had do does did will would can
could it its he him his she her they them their we our you your i me my this that these those
there here if as than but many much what which some all other total altogether together overall
是 在 有 个 他 她 它 这 那 就 都 也 还 要 会 可 以 为 从 到 给 把 被 对 中 几 共 只
"""
# What is asked stands after these; after 几 its noun, before 什么 and 谁.
_ASKING_BEFORE = """
how what which who whom whose when where why find calculate compute determine evaluate solve prove
explain describe give name list write 几 求 算
"""
LIGHT = frozenset(_LIGHT.split())
ASKING_BEFORE = frozenset(_ASKING_BEFORE.split())
ASKING_AFTER = frozenset("什谁哪怎何")
# Words that stand in every story: they say nothing about who or what is asked for.
STOP = LIGHT | frozenset(_STOP.split())
