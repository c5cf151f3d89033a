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
not no never none neither nor cannot without except
more
greater larger bigger
higher
longer
taller
older
faster
heavier
less fewer
smaller
lower
shorter
younger
slower
lighter
most
largest biggest greatest
highest
longest
maximum
tallest
oldest
fastest
least fewest
smallest
lowest
shortest
minimum
youngest
slowest
increase increases increased increasing gain gains gained
decrease decreases decreased decreasing lose loses lost
before
after
first
second seconds
third thirds
last
next
previous
left
right
odd
even
prime
true
false
add adds added plus
subtract subtracts subtracted minus
multiply multiplies multiplied times
divide divides divided
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
half halves
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
square squared
cube cubic cubed
sin
cos
tan
log
ln
upper uppercase
lowercase
ascending
descending
row rows
column columns
bought buy buys
sold sell sells
"""
CRITICAL = {
    word: line.split()[0] for line in _ENGLISH.strip().splitlines() for word in line.split()
}
CRITICAL |= {
    mark: mark
    for mark in (
        "不没无非未多少大高低长短快慢早晚前后左右上下内外加减乘除奇偶先最东南西北增升降买卖赚赔"
        "胜负真假正反每百千万亿半倍角分秒时天周月年日米厘毫克斤吨元质合且或积"
    )
}

_LIGHT = "a an the please kindly and so then now 请 的 了 呢 吗 吧 啊 呀 和 与 地 得 们"
_STOP = """
of to in on at for from by with is are was were be been has have had do does did will would can
could it its he him his she her they them their we our you your i me my this that these those
there here if as than but many much what which some all other total
是 在 有 个 他 她 它 这 那 就 都 也 还 要 会 可 以 为 从 到 给 把 被 对 中 几 共 只
"""
LIGHT = frozenset(_LIGHT.split())
# Words that stand in every story: they say nothing about who or what is asked for.
STOP = LIGHT | frozenset(_STOP.split())
