"""The one owner of a build's requests: a loopback server, OpenAI-compatible on both sides.

It holds what must exist once a build, and cannot live in a distilabel step (each step is a
process of its own): the window of requests, the journal, retries, the stop when the build dies.

    handle.py      the build's end: start the process, admit rows, follow its events
    __main__.py    the process: commands on standard input, events on standard output
    service.py     one run, put together from its settings
    app.py         the loopback HTTP server
    owner.py       one request's way: journal, window, attempts, journal
    window.py      which request is sent next
    health.py      when to go on waiting and when to stop the run
    upstream.py    one attempt at the teacher
    replies.py     a reply's body or stream into plain data
    faults.py      what a failed attempt means
"""
