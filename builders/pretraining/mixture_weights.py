"""The default mixture of a pretraining build: weights of sources, formats and audiences.

The shares of sources follow Cosmopedia (Ben Allal et al. 2024): about 83% from the web, 16% from
educational material (textbooks, outlines, titles), the rest from seeds of stories. The structured
rephrasings (questions and answers, tables, mathematics, tutorials, lists) get the larger part of
the web's share, since later work found them better than open textbook prompts.
"""

from __future__ import annotations

Weights = dict[str, float]

SOURCES: Weights = {
    "web": 83,
    "textbook": 7,
    "outline": 5,
    "title": 4,
    "story": 1,
    "prompt": 100,  # counts only where sources bring their own prompts
}
FORMATS_BY_KIND: dict[str, Weights] = {
    "web": {
        "faq": 12,
        "tutorial": 10,
        "math": 10,
        "table": 8,
        "knowledge_list": 8,
        "paraphrase": 6,
        "textbook_narrative": 10,
        "textbook_academic": 8,
        "blogpost": 10,
        "wikihow": 6,
        "story": 6,
        "forum": 6,
    },
    "textbook": {
        "textbook_narrative": 16,
        "textbook_academic": 16,
        "faq": 14,
        "math": 14,
        "tutorial": 10,
        "table": 10,
        "knowledge_list": 10,
        "paraphrase": 4,
        "blogpost": 3,
        "story": 3,
    },
    "outline": {
        "textbook_academic": 30,
        "textbook_narrative": 26,
        "tutorial": 14,
        "math": 12,
        "faq": 8,
        "knowledge_list": 6,
        "table": 4,
    },
    "title": {
        "wikihow": 28,
        "tutorial": 18,
        "blogpost": 20,
        "faq": 12,
        "forum": 10,
        "textbook_narrative": 12,
    },
    "story": {"story": 70, "forum": 18, "blogpost": 12},
}
AUDIENCES_BY_FORMAT: dict[str, Weights] = {
    "wikihow": {"general": 6, "middle_school_students": 2, "professionals": 2},
    "textbook_narrative": {
        "middle_school_students": 4,
        "young_children": 2,
        "general": 2,
        "college_students": 2,
    },
    "textbook_academic": {"college_students": 7, "professionals": 3},
    "blogpost": {"general": 6, "professionals": 2, "college_students": 1, "young_children": 1},
    "story": {"young_children": 4, "general": 4, "middle_school_students": 2},
    "forum": {"general": 6, "college_students": 2, "professionals": 2},
    "faq": {
        "general": 4,
        "middle_school_students": 2,
        "college_students": 2,
        "young_children": 1,
        "professionals": 1,
    },
    "table": {
        "general": 3,
        "college_students": 3,
        "middle_school_students": 2,
        "professionals": 2,
    },
    "math": {
        "middle_school_students": 5,
        "college_students": 3,
        "general": 1,
        "young_children": 1,
    },
    "tutorial": {
        "general": 4,
        "middle_school_students": 2,
        "college_students": 2,
        "professionals": 2,
    },
    "knowledge_list": {
        "general": 4,
        "middle_school_students": 2,
        "college_students": 2,
        "professionals": 2,
    },
    "paraphrase": {"general": 7, "middle_school_students": 3},
}
