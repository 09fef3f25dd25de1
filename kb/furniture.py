"""Pure. What stands in an article for its page and not for its reader: ways back, lists of further links, tags, tails.

Words are needed where only words tell it, in the seven languages that our mails speak. Each pattern is of a whole
heading or a whole paragraph, so that a section that says something under such a word stays: "Related error messages".
"""

import re
from collections.abc import Sequence

from kb.articles import plain
from kb.blocks import Block

_MARK = r"[\W_]*"


def _whole(*ways: str) -> re.Pattern[str]:
    return re.compile(rf"{_MARK}(?:{'|'.join(ways)}){_MARK}", re.IGNORECASE)


#: A paragraph that only leads to another place of the page.
_BACK = _whole(
    r"(?:back|return|go|jump) to (?:the )?(?:top|start|beginning|contents?|table of contents)(?: of (?:the |this )?page)?",
    r"(?:zurück )?(?:nach oben|zum (?:seiten)?anfang)",
    r"(?:retour )?(?:en haut|au début)(?: de (?:la )?page)?|haut de (?:la )?page",
    r"(?:volver|ir) (?:arriba|al (?:inicio|principio)(?: de la página)?)",
    r"torna (?:su|in alto|all[’']inizio(?: della pagina)?)",
    r"(?:terug )?naar (?:boven|het begin)",
    r"voltar ao (?:topo|início)(?: da página)?",
)
#: A heading, or an announcement, of other pages.
_FURTHER = _whole(
    r"(?:further|additional|recommended|more) reading|see also|you (?:may|might) also like"
    r"|(?:related|similar) (?:articles?|topics?|links?|pages?|content|guides?|resources?|questions?|reading)",
    r"(?:weitere|verwandte|ähnliche|weiterführende) (?:artikel|themen|links|inhalte)|weiterlesen|siehe auch|zum weiterlesen",
    r"(?:voir|lire) (?:aussi|également)|pour aller plus loin"
    r"|(?:articles?|liens|sujets|contenus?|pages) (?:liés|associés|connexes|similaires)|autres (?:articles|liens)",
    r"(?:ver|véase|lee) también|(?:artículos|enlaces|temas|contenidos?|páginas) (?:relacionad[oa]s|similares)"
    r"|más artículos|lecturas? (?:adicional(?:es)?|recomendadas?)",
    r"(?:vedi|leggi) anche|(?:articoli|link|argomenti|contenuti|pagine) (?:correlat[ie]|simili)|(?:ulteriori|altre) letture",
    r"zie ook|(?:gerelateerde|verwante|vergelijkbare) (?:artikelen|onderwerpen|links|pagina[’']s)|(?:verder lezen|lees (?:verder|ook))",
    r"(?:ver|veja|leia) também|(?:artigos|links|tópicos|conteúdos?|páginas) (?:relacionad[oa]s|semelhantes)"
    r"|mais artigos|leituras? (?:adiciona(?:l|is)|complementar(?:es)?|recomendadas?)",
)
#: The same where nothing but links stands below; else something may be said there.
_MORE = _whole(
    r"(?:further|additional|more|useful) (?:information|resources|links|details)|resources|(?:learn|read) more|next steps",
    r"(?:weitere|mehr|zusätzliche|nützliche) (?:infos?|informationen|links|ressourcen)|mehr erfahren|nächste schritte",
    r"en savoir plus|(?:plus d[’']informations|liens utiles|ressources)|prochaines étapes",
    r"más información|(?:saber|leer) más|(?:enlaces útiles|recursos)|próximos pasos",
    r"(?:ulteriori|maggiori) informazioni|per saperne di più|approfondiment[oi]|(?:link utili|risorse)|passaggi successivi",
    r"(?:meer|verdere|aanvullende) informatie|(?:lees meer|meer weten|nuttige links)|volgende stappen",
    r"mais informações|(?:saiba|ler|leia|ver) mais|(?:links úteis|recursos)|próxim[oa]s (?:passos|etapas)",
)
#: Words that the page is to be found by.
_TAGS = re.compile(
    r"\s*(?:tags?|key ?words?|labels?|search terms|schlag(?:wörter|worte)|stichw(?:örter|orte)|suchbegriffe|mots[- ]cl[ée]s|étiquettes"
    r"|etiquetas|palabras clave|parole chiave|trefwoorden|zoekwoorden|palavras[- ]chave)\s*:\s*\S",
    re.IGNORECASE,
)
#: The heading of the tail that every article has.
_HELP = _whole(
    r"(?:if you )?(?:still )?(?:need(?:ing)?|want|looking for|have) (?:more |further |any |additional |some |extra )*(?:help|assistance|support|questions)(?: (?:from us|with this))?",
    r"(?:still )?(?:stuck|not working|have questions|having (?:trouble|problems|issues))|(?:any )?(?:more |further |other )?questions|(?:contact|get in touch|get help|contact (?:us|support|our support team|customer support))",
    r"(?:sie )?(?:brauchen|benötigen|brauchst)? ?(?:sie |du )?(?:noch |weitere |immer noch )*(?:hilfe|fragen|unterstützung)(?: (?:benötigt|nötig|gefällig))?|kontakt(?:ieren sie uns)?|(?:haben sie )?(?:noch|weitere) fragen",
    r"(?:vous avez |avez-vous )?(?:encore |toujours )?(?:besoin d[’'](?:aide|assistance)|des questions|d[’']autres questions)(?: supplémentaires?)?|(?:nous contacter|contactez[- ]nous|contact)",
    r"(?:aún |todavía )?(?:necesitas?|necesita) (?:más )?ayuda|(?:tienes?|más) (?:más |otras )?(?:preguntas|dudas)|contact(?:o|a|e|ar|anos|enos|ar con nosotros)",
    r"(?:hai |avete |serve )?(?:ancora )?(?:bisogno di )?(?:altro )?aiuto|(?:hai )?(?:altre|ancora) domande|contatt(?:i|aci|ateci)",
    r"(?:heb je |heeft u )?(?:nog |meer )*(?:hulp|vragen|ondersteuning)(?: nodig)?|(?:neem )?contact(?: op)?(?: met ons)?(?: op)?",
    r"(?:ainda )?(?:precisa|precisas) de (?:mais )?ajuda|(?:tem |mais )?(?:mais |outras )?(?:perguntas|dúvidas)|(?:contato|contacto|fale con(?:n)?osco|contacte[- ]nos)",
)
#: A last paragraph that says nothing but that one may ask.
_ASK = re.compile(
    r"\W*(?:(?:if|should) you(?:'re| are)? (?:still |need |have |any |require |stuck|more |further |having |experiencing )+[^.!?]{0,90}"
    r"|(?:still|need|have) [^.!?]{0,60}\?\s*[^.!?]{0,30})\b(?:contact|reach out to|get in touch with|write to|email|submit a (?:ticket|request))\b[^.!?]{0,120}"
    r"|\W*(?:please )?(?:feel free to )?(?:contact|reach out to|get in touch with|email) (?:us|(?:our |the |customer )*support(?: team)?)\b[^.!?]{0,60}"
    r"|\W*(?:wenn|falls|sollten|haben|brauchen|bei) [^.!?]{0,60}(?:hilfe|fragen|problem\w*)[^.!?]{0,80}\b(?:kontaktier\w*|wenden sie|wende dich|schreib\w*|melde\w*)\b[^.!?]{0,100}"
    r"|\W*(?:si|pour|vous avez|besoin) [^.!?]{0,60}(?:aide|questions?|problème)[^.!?]{0,80}\b(?:contact\w*|écri\w*)\b[^.!?]{0,100}"
    r"|\W*(?:si|para|tienes|necesitas) [^.!?]{0,60}(?:ayuda|preguntas?|dudas?|problema)[^.!?]{0,80}\b(?:contact\w*|escr[ií]b\w*)\b[^.!?]{0,100}"
    r"|\W*(?:se|per|hai) [^.!?]{0,60}(?:aiuto|domande|problem\w+)[^.!?]{0,80}\b(?:contatt\w*|scriv\w*)\b[^.!?]{0,100}"
    r"|\W*(?:als|heb|voor|hulp) [^.!?]{0,60}(?:hulp|vragen|probleem)[^.!?]{0,80}\b(?:contact|mail\w*|schrijf)\b[^.!?]{0,100}"
    r"|\W*(?:se|para|tem|precisa) [^.!?]{0,60}(?:ajuda|perguntas?|dúvidas?|problema)[^.!?]{0,80}\b(?:contat\w*|contact\w*|escrev\w*|fale)\b[^.!?]{0,100}",
    re.IGNORECASE,
)
#: Words with which no sentence ends: its author broke off.
_OPEN = re.compile(
    r"\s(?:the|an|of|your|and|or|with|der|das|dem|ein|eine|einen|und|oder|für|les|une|des|du|et|avec|las|una|del|para|gli|della"
    r"|het|een|voor|uma)$"
)
#: How the sentence begins that says what a page is for.
_PAGE = re.compile(
    r"(?:learn (?:how|what|about|to)|(?:this|the following) (?:article|page|guide|section) (?:explains|describes|covers|shows|tells)"
    r"|in this (?:article|guide),? (?:you|we)|find out how"
    r"|(?:erfahre(?:n sie)?,? (?:wie|was)|(?:in diesem artikel|hier) (?:erfahren|lernen|zeigen)|diese[rs]? (?:artikel|seite|anleitung) (?:erklärt|beschreibt|zeigt))"
    r"|(?:découvrez comment|apprenez (?:à|comment)|(?:cet article|cette page|ce guide) (?:explique|décrit|présente)|dans cet article)"
    r"|(?:aprende|descubre|aprenda|descubra) (?:a|cómo)|(?:este artículo|esta página|esta guía) (?:explica|describe)|en este artículo"
    r"|(?:scopri|impara|scoprite) (?:come|a)|(?:questo articolo|questa pagina|questa guida) (?:spiega|descrive)|in questo articolo"
    r"|(?:leer|ontdek|lees) hoe|(?:dit artikel|deze pagina) (?:legt|beschrijft)|in dit artikel"
    r"|(?:saiba|aprenda|descubra) (?:como|a)|(?:este artigo|esta página|este guia) (?:explica|descreve)|neste artigo)\b",
    re.IGNORECASE,
)
_LINK = re.compile(r"\[[^\]]*\]\([^)]*\)|<?https?://[^\s>]+>?")
_HEAD = 25  # words and lines of a table's head that only names pictures
_BARE = 4  # words beside the links of an item that is a link


def is_furniture(block: Block) -> bool:
    """Tell whether a block is for nobody who reads the article by mail, wherever it stands."""
    text = plain(block.text).strip()
    if block.kind == "table":
        return _empty(block.text)
    if block.kind != "paragraph":
        return False
    return bool(_BACK.fullmatch(text)) or (bool(_TAGS.match(text)) and not re.search(r"[.!?]\s*$", text))


def leads_on(heading: str, below: str) -> bool:
    """Tell whether a heading, and what stands below it, leads to other pages and says nothing itself."""
    name = plain(heading)
    if _FURTHER.fullmatch(name):
        return True
    return _is_links(below) and (bool(_MORE.fullmatch(name)) or _terms(plain(below)) <= _terms(name))


def is_link_list(blocks: Sequence[Block]) -> bool:
    """Tell whether blocks are an announcement of other pages with nothing but their links."""
    name = _LINK.sub(" ", blocks[0].text)
    return bool(_FURTHER.fullmatch(name) or _MORE.fullmatch(name)) and _is_links(blocks[-1].text)


def offers_help(heading: str) -> bool:
    """Tell whether a heading is that of the tail which says how to ask."""
    return bool(_HELP.fullmatch(plain(heading)))


def asks_to_write(block: Block) -> bool:
    """Tell whether a paragraph says nothing but that one may ask."""
    return block.kind == "paragraph" and bool(_ASK.fullmatch(plain(block.text).strip().rstrip(".!: ")))


def announces_page(block: Block) -> bool:
    """Tell whether a paragraph is one sentence that says what the page is for."""
    text = plain(block.text).strip()
    return block.kind == "paragraph" and bool(_PAGE.match(text)) and not re.search(r"[.!?]\s+\S|:$", text)


def _is_links(text: str) -> bool:
    """A paragraph or list of nothing but links, with a word or two beside each."""
    lines = [line for line in text.split("\n") if line.strip()]
    return any(map(_LINK.search, lines)) and all(
        len(re.findall(r"\w+", _LINK.sub(" ", line))) <= _BARE for line in lines
    )


def _terms(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def broken_off(text: str) -> bool:
    """Tell whether a paragraph ends in the middle of a sentence."""
    return bool(_OPEN.search(text))


def _empty(table: str) -> bool:
    """A table whose cells held pictures: a short head without rows, or rows of which only the first cell says something."""
    if len(plain(table.split("\n", 1)[0]).split()) > _HEAD:
        return False
    rows = [[cell.strip() for cell in row.strip().strip("|").split("|")] for row in table.split("\n")]
    body = [row for row in rows[1:] if not all(re.fullmatch(r":?-*:?", cell) for cell in row) or not row]
    return not any(any(row[1:]) for row in body) and (not body or max(map(len, body)) > 1)
