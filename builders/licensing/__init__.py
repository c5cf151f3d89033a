"""Licences: what a dataset may be published under, and what its card says of it.

- `license_table`: the Hub's licences and what each asks for (`licenses.toml`);
- `teacher_terms`: what models and services say of using their output (`teacher_terms.toml`);
- `combine`: one licence out of those of several sources, or a refusal;
- `seeds_statement`: SEEDS_LICENSE=, read;
- `seed_licenses`: the licence of each source, as recorded or as the user states it;
- `model_terms`: the terms of whoever wrote the rows;
- `facts`: the decision as manifest and card hold it;
- `decide`: the decision;
- `wording`: the decision in plain words.
"""
