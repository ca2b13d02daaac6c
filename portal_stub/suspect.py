"""What a detective names: the mistake that explains, to the letter, what came."""

import attrs


@attrs.frozen(kw_only=True)
class Suspect:
    """One mistake, or two together, that lead to exactly what came.

    ``code`` is its name for ever, ``sentence`` says what was done (with what was found in this message), ``mend`` how
    to set it right, in the words of the integrator's side.
    """

    code: str
    sentence: str
    mend: str

    def about(self, *details: str) -> "Suspect":
        """Return the suspect with what was found in this message in the places of ``{}`` of the sentence."""
        return attrs.evolve(self, sentence=self.sentence.format(*details))
