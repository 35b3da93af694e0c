"""A probabilistic bilingual grammar: English with German or French, and the truth about it.

It gives parallel sentences whose conditional distribution is known exactly, so a translator
trained on them can be measured against the best that any translator could do.
"""
