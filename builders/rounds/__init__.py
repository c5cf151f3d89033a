"""The rounds of an instruction build: ask for tasks, screen them, ask for their instances.

- `plan`: which tasks the prompts of a round show;
- `lists`: a list reply becomes tasks, kept or rejected;
- `instances`: the replies about one kept task become rows;
- `board`: everything in the order of the requests, and when it is enough;
- `forecast`: how many more requests are likely to be needed;
- `run`: waves out, replies in.
"""
