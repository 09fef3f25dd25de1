"""Pure. What the steps themselves say to customers, in their language: the greeting and the general questions.

Whole mails are templates (daemon/templates); a language needs both, and tests hold them together.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from kb.evidence import Evidence
from threading_.language import language

#: The words of greeting where the team names none, and what stands between them and the name: in support, formally.
GREETINGS = {
    "en": ("Hello", " "),
    "de": ("Guten Tag", " "),
    "fr": ("Bonjour", " "),
    "es": ("Hola", ", "),
    "it": ("Buongiorno", " "),
    "pt": ("Olá", ", "),
    "nl": ("Goedendag", " "),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """How a clarification asks. Places: `{titles}`, `{need}`, `{names}`."""

    closest: str
    either: str  #: between the last two titles
    need: str
    which: str
    system: str
    seen: str
    product: str
    before: str


QUESTIONS: Mapping[str, Questions] = {
    "en": Questions(
        closest="Which comes closest to what you need: {titles}? Or is it something else?",
        either="or",
        need="Could you tell us {need}?",
        which="Which product or program is it about, for example {names}?",
        system="Which system do you use: {names}?",
        seen="What exactly do you see: is there an error message, and what does it say, word for word?",
        product="Which product and version do you use, and on which device or system?",
        before="What did you do just before, and what have you tried since?",
    ),
    "de": Questions(
        closest="Was kommt Ihrem Anliegen am nächsten: {titles}? Oder geht es um etwas anderes?",
        either="oder",
        need="Könnten Sie uns bitte Folgendes nennen: {need}?",
        which="Um welches Produkt oder Programm geht es, zum Beispiel {names}?",
        system="Welches System verwenden Sie: {names}?",
        seen="Was genau sehen Sie: Erscheint eine Fehlermeldung, und wie lautet sie wörtlich?",
        product="Welches Produkt und welche Version verwenden Sie, und auf welchem Gerät oder System?",
        before="Was haben Sie unmittelbar davor getan, und was haben Sie seitdem versucht?",
    ),
    "fr": Questions(
        closest="Qu’est-ce qui se rapproche le plus de votre demande : {titles} ? Ou s’agit-il d’autre chose ?",
        either="ou",
        need="Pourriez-vous nous indiquer : {need} ?",
        which="De quel produit ou programme s’agit-il, par exemple {names} ?",
        system="Quel système utilisez-vous : {names} ?",
        seen="Que voyez-vous exactement : un message d’erreur s’affiche-t-il, et que dit-il mot pour mot ?",
        product="Quel produit et quelle version utilisez-vous, et sur quel appareil ou système ?",
        before="Qu’avez-vous fait juste avant, et qu’avez-vous essayé depuis ?",
    ),
    "es": Questions(
        closest="¿Qué se acerca más a lo que necesita: {titles}? ¿O se trata de otra cosa?",
        either="o",
        need="¿Podría indicarnos lo siguiente: {need}?",
        which="¿De qué producto o programa se trata, por ejemplo {names}?",
        system="¿Qué sistema utiliza: {names}?",
        seen="¿Qué ve exactamente: aparece un mensaje de error y qué dice, palabra por palabra?",
        product="¿Qué producto y qué versión utiliza, y en qué dispositivo o sistema?",
        before="¿Qué hizo justo antes y qué ha probado desde entonces?",
    ),
    "it": Questions(
        closest="Che cosa si avvicina di più alla Sua richiesta: {titles}? O si tratta di altro?",
        either="o",
        need="Potrebbe indicarci: {need}?",
        which="Di quale prodotto o programma si tratta, per esempio {names}?",
        system="Quale sistema utilizza: {names}?",
        seen="Che cosa vede esattamente: compare un messaggio di errore, e che cosa dice parola per parola?",
        product="Quale prodotto e quale versione utilizza, e su quale dispositivo o sistema?",
        before="Che cosa ha fatto subito prima, e che cosa ha provato da allora?",
    ),
    "pt": Questions(
        closest="O que mais se aproxima do que precisa: {titles}? Ou trata-se de outra coisa?",
        either="ou",
        need="Poderia nos informar: {need}?",
        which="De que produto ou programa se trata, por exemplo {names}?",
        system="Que sistema utiliza: {names}?",
        seen="O que aparece exatamente: há uma mensagem de erro e o que ela diz, palavra por palavra?",
        product="Que produto e que versão utiliza, e em que dispositivo ou sistema?",
        before="O que fez imediatamente antes e o que já tentou desde então?",
    ),
    "nl": Questions(
        closest="Wat komt het dichtst bij uw vraag: {titles}? Of gaat het om iets anders?",
        either="of",
        need="Kunt u ons het volgende laten weten: {need}?",
        which="Om welk product of programma gaat het, bijvoorbeeld {names}?",
        system="Welk systeem gebruikt u: {names}?",
        seen="Wat ziet u precies: verschijnt er een foutmelding, en wat staat er woordelijk?",
        product="Welk product en welke versie gebruikt u, en op welk apparaat of systeem?",
        before="Wat deed u vlak ervoor, en wat heeft u sindsdien geprobeerd?",
    ),
}
#: A mail with one of these says already what the customer sees.
SEEN = (
    "error message says shows fehler meldung erreur affiche mensaje messaggio errore mensagem erro fout melding".split()
)


def answer_language(evidence: Evidence) -> str:
    """ISO 639-1 of the answer: what its article says of itself, else how it reads; '' where that cannot be told."""
    said = next((passage.language for passage in evidence.cited if passage.language), "")
    return said.lower().replace("_", "-").partition("-")[0] or language(evidence.answer)


def greeting(name: str, spoken: str, own: str = "", own_language: str = "en") -> str:
    """`Hello Alice`, without what ends it. The team's `own` words are in `own_language` and greet in that alone."""
    known = spoken if spoken in GREETINGS else "en"
    words, between = GREETINGS[known]
    if own and known == (own_language if own_language in GREETINGS else "en"):
        words = own
    return f"{words}{between}{name}" if name else words
