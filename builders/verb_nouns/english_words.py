"""Words of English instructions: verbs that open them, and words at which a noun phrase ends."""

from __future__ import annotations


def split_words(text: str) -> frozenset[str]:
    """The words of a text, each once."""
    return frozenset(text.split())


VERBS = split_words("""
    abbreviate act adapt add address adjust advise allocate alphabetize alter analyse analyze
    annotate answer append apply approximate argue arrange ask assemble assess assign associate
    automate bake balance brainstorm break build calculate capitalise capitalize caption
    categorise categorize change characterise characterize chat check choose cite clarify
    classify clean code collect combine come comment compare compile complete compose compress
    compute conclude condense conduct conjugate connect consider construct continue contrast
    convert convince cook copy correct count craft create critique cut debate debug decide decode
    decrypt deduce define delete deliver demonstrate derive describe design detail detect
    determine develop devise diagnose differentiate discover discuss distinguish divide do
    document draft draw edit elaborate eliminate emphasize encode encrypt end enumerate estimate
    evaluate examine execute expand explain explore express extend extract figure fill filter
    find finish fix follow forecast form format formulate gather generate give grade greet group
    guess help highlight hypothesise hypothesize identify illustrate imagine implement improve
    incorporate indicate infer insert integrate interpret introduce invent investigate join judge
    justify label let link list locate look make map mark match measure mention merge model
    modify multiply name narrate negate normalise normalize note offer opine optimise optimize
    order organise organize outline output paraphrase parse perform persuade pick place plan
    point pose predict prepare present pretend print prioritise prioritize produce proofread
    propose prove provide punctuate put quote rank rate read rearrange recall recite
    recognise recognize recommend reconstruct record redesign reduce refactor reformat
    reformulate refute remove rename reorder reorganise reorganize repeat rephrase replace reply
    report represent research resolve respond restate restructure restore retell retrieve return
    reverse review revise reword rewrite rhyme round say schedule search select send separate set
    share shorten show simplify simulate sketch solve sort specify speculate spell split state
    structure study substitute suggest sum summarise summarize supply synthesise synthesize tag
    take teach tell think train transcribe transform translate turn type unscramble update use
    verify visualise visualize weigh write
    bring color decipher decrease display distill double dramatize elucidate embellish enhance
    enter envision exemplify guide increase inform inspect instruct interview maximize minimise
    minimize mix obtain observe pair pinpoint play post promote pronounce publish query reflect
    rearrange recap recount redact refine reframe relate remind reshape respond run scan score
    sing start state store submit supplement survey swap tabulate test title trace track transpose
    truncate utilise utilize warn
    """)
PARTICLES = {
    ("come", "up"): ("up", "with"),
    ("think", "of"): ("of",),
    ("think", "about"): ("about",),
    ("look", "up"): ("up",),
    ("look", "at"): ("at",),
    ("look", "for"): ("for",),
    ("search", "for"): ("for",),
    ("fill", "in"): ("in",),
    ("fill", "out"): ("out",),
    ("point", "out"): ("out",),
    ("make", "up"): ("up",),
    ("write", "down"): ("down",),
    ("write", "out"): ("out",),
    ("write", "about"): ("about",),
    ("figure", "out"): ("out",),
    ("break", "down"): ("down",),
    ("sum", "up"): ("up",),
    ("find", "out"): ("out",),
    ("put", "together"): ("together",),
    ("turn", "in"): ("in",),
    ("pick", "out"): ("out",),
    ("respond", "to"): ("to",),
    ("reply", "to"): ("to",),
    ("elaborate", "on"): ("on",),
    ("comment", "on"): ("on",),
    ("ask", "for"): ("for",),
    ("act", "as"): ("as",),
    ("bring", "out"): ("out",),
    ("turn", "down"): ("down",),
}
QUESTION_WORDS = split_words("what who whom whose which when where why how")
QUESTION_VERBS = split_words("""
    is are was were am do does did can could will would should shall may might must has have had
    isn't aren't don't doesn't didn't can't won't
    """)
CLAUSE_OPENERS = split_words("how what why when where who whom whether if that which whose")
DETERMINERS = split_words("""
    a an the this that these those each every all both some any no another its his her their our
    your my one two three four five six seven eight nine ten twelve twenty several many few more
    at least
    """)
NUMBERS = split_words("one two three four five six seven eight nine ten eleven twelve twenty")
PRONOUNS = split_words("me us them him it you everyone everybody someone anyone")
PHRASE_ENDS = split_words("""
    of in on at to for from with without by as about into onto between among over under within
    during through across against along around before after since until upon via per than
    regarding concerning like whether if when where why how what who whom whose which that while
    because so such and or but then is are was were be been being has have had can could will
    would should may might must do does did below above using based containing including
    describing related given written used called named followed it you i we they he she not only
    so using without both either where there here out up down off per versus vs each please
    aloud according due instead together needed required involved squared
    now again
    """)
GIVEN = split_words("given provided following supplied attached named used mentioned")
SUPPOSING = split_words("imagine pretend consider think take")  # without a noun: a lead-in
ADJECTIVES = split_words("""
    short polite brief simple clear long new good detailed creative friendly formal concise
    catchy funny positive negative interesting realistic small large big old young happy sad
    healthy unique original fun informative engaging persuasive professional different common
    famous appropriate basic random descriptive effective compelling
    """)
NOUNS_IN_ING = split_words("""
    meaning string greeting heading painting building ending rating setting meeting spelling
    ring king thing wedding marketing engineering advertising learning programming feeling
    computing reading cooking sorting coding training reasoning saying listing
    warning ceiling pricing housing
    writing
    """)
PARTICIPLES = split_words("""
    promoting celebrating expressing featuring involving targeting encouraging advocating
    contributing
    referencing summarizing summarising
    """)
NOUNS_IN_LY = split_words("family assembly supply reply anomaly monopoly butterfly fly july")
NOUNS_IN_EST = split_words("test request contest forest guest interest quest harvest protest")
SINGULAR_IN_S = split_words("""
    news series species analysis synthesis hypothesis thesis basis crisis class process address
    business access success progress dress loss boss pass mass glass grass focus bus virus status
    campus bonus corpus gas bias canvas lens atlas address emphasis diagnosis physics mathematics
    economics politics ethics pros cons synopsis chess press guess stress awareness illness
    happiness fitness wellness paraphrasis wilderness express congress
    """)
IRREGULAR = {
    "people": "person",
    "children": "child",
    "women": "woman",
    "men": "man",
    "feet": "foot",
    "teeth": "tooth",
    "mice": "mouse",
    "criteria": "criterion",
    "phenomena": "phenomenon",
    "analyses": "analysis",
    "hypotheses": "hypothesis",
    "synopses": "synopsis",
    "movies": "movie",
    "cookies": "cookie",
    "calories": "calorie",
    "lives": "life",
    "leaves": "leaf",
    "knives": "knife",
    "shoes": "shoe",
    "indices": "index",
}
