"""Pure. What a mail on a case that we answered says of our answer: solved, not solved, details, a further question, …

The harmful error is to take an open case for solved, so every sign of trouble, wish or question beats every thank-you:
a thank-you is no proof of success. Patterns are those of `words`: folded text, seven languages.
"""

import re

from daemon.steps.sentences import asks, sentences
from daemon.steps.verdicts import Outcome, Previous
from daemon.steps.words import any_of, fold

_AUTO = any_of(
    (
        r"out of (?:the )?office(?! so)|(?:this (?:is|e-?mail is|mail is|message is|message was)(?: \w+){0,2} |^\W*)auto(?:matic(?:ally)?|mated)?[- ](?:generated |e-?mail |mail )?(?:reply|response|message|notification|answer|generated)|auto-?repl(?:y|ies)\b(?= (?:from|to|message))",
        r"(?:am|be|i'm|we are) (?:currently )?(?:away|on (?:vacation|leave|holiday|annual leave|parental leave|maternity leave)|travell?ing)(?: \S+){0,12} (?:return\w*|back on|until|limited access)|limited access to (?:my )?e?-?mails?|(?:respond|reply|answer)(?: \w+){0,6} (?:when|upon|after|on) (?:i|my) return",
        r"mail (?:delivery )?(?:system|subsystem) at|undeliver\w+|could not be delivered|delivery (?:status|failed|has failed|failure|incomplete)|mailer-daemon|was read on|not be delivered|message (?:is )?delayed",
        r"\[?(?:ticket|case|request) ?#? ?\d+\]?.{0,30}(?:received|created)|(?:we have|we've|has been|have been|was) (?:successfully )?(?:received|logged)(?: \w+){0,4}(?: and)?(?: \w+){0,3} (?:will|team|shortly|working|within)|thank you for (?:your (?:e-?mail|message|inquiry|enquiry)|contacting|getting in touch|writing)(?:.{0,60}(?:we will|we'll|our (?:office|team)|get back|respond|someone))",
        r"^(?:accepted|declined|tentative|tentatively accepted|zugesagt|abgelehnt|accepte|aceptado|accettato): |(?:do|does) not (?:read|monitor) this (?:mailbox|inbox)|mailbox is (?:not|no longer) (?:monitored|in use)|no longer (?:work\w*|with|employed) (?:at|for|here|by)?|(?:confirm|verify) (?:that )?you are (?:human|not a)",
        r"(?:bin|vom|ich)(?: \S+){0,8} (?:nicht im (?:buro|haus)|abwesend|im urlaub|ausser haus)|abwesenheits\w*|automatische (?:antwort|e-?mail|nachricht)|automatisch (?:erstellt|generiert)\w*|zustellung\b(?: \w+){0,3} (?:nicht|fehlgeschlagen|verzogert)|kehre zuruck am|weitergeleitet wird nicht",
        r"absente? du bureau|reponse automatique|(?:en|de) conges? (?:jusqu|du|annuel)|message automatique|(?:suis|serai) absente?",
        r"fuera de (?:la )?oficina|respuesta automatica|de vacaciones (?:hasta|del)|gracias por (?:contactar|escribir|comunicarse)(?:.{0,60}(?:consulta|brevedad|responderemos|respuesta))|estare ausente",
        r"fuori (?:uf+icio|sede)|risposta automatica|(?:saro|sono) assente|in ferie (?:fino|dal)",
        r"fora do escritorio|resposta automatica|de ferias (?:ate|de)|estarei ausente",
        r"(?:ben|ik ben) (?:\w+ )?(?:afwezig|niet aanwezig|op vakantie|buiten kantoor)|automatisch (?:antwoord|bericht)|afwezigheids\w*",
    )
)
_STOP = any_of(
    (
        r"(?:please )?(?:unsubscribe|opt[- ]?out|opt me out)\b|(?:remove|delete|take) (?:me|my (?:e-?mail|address|name|number))(?: \w+){0,2} (?:from|off)|(?:off|from) (?:your|this|the) (?:\w+ )?(?:mailing )?list",
        r"stop (?:send\w*|mail\w*|e-?mail\w*|messag\w*|contact\w*|writing|spam\w*|texting|bothering|this spam)|^\W*stop\W*$|(?:do not|don't|never|not|quit) (?:ever )?(?:e-?mail|mail|contact|message|write(?: to)?|text|send|spam\w*)(?:ing)? (?:to )?(?:me|us|this address|any more|anything)|no (?:more|further) (?:e-?mails?|mails?|messages|contact)|leave me alone",
        r"not interested\b|fuck off|get lost|go away",
        r"^\W*(?:bitte )?(?:abmelden|abbestellen)\W*(?:bitte)?\W*$|(?:newsletter|verteiler) (?:abmelden|abbestellen|austragen)|(?:aus|von) (?:dem|ihrem|eurem|der|ihrer) (?:\w+ )?(?:verteiler|liste|mailingliste|newsletter)|keine (?:weiteren )?(?:e-?mails?|mails?|nachrichten) mehr|schreib\w* (?:mir|uns) nicht mehr|horen sie auf",
        r"desabonn\w+|desinscri\w+|ne (?:m'|me |nous )?(?:\w+ )?(?:ecrivez|contactez|envoyez) plus|plus de (?:mails?|messages|courriels)|(?:de|votre) liste de diffusion|arretez de m'",
        r"(?:darme|denme|dame|darse|dar) de baja(?! (?:mi|la|el) )|(?:no|dejen? de) (?:me )?(?:escrib|contact|envi|mand)\w+(?: \w+){0,2} (?:mas|correos|emails)|dejen? de (?:escribir|enviar|mandar)\w*|no (?:mas|quiero (?:recibir )?mas) (?:correos|emails|mensajes)",
        r"non (?:\w+ )?(?:scrivete|scrivetemi|contattatemi|mandatemi|inviatemi|voglio ricevere)(?: \w+){0,3} piu|cancella(?:temi|rmi)|disiscri\w+|smettete(?:la)? di|rimuovetemi",
        r"(?:remov|retir|tir)\w+ (?:\S+ ){0,4}(?:da|desta|de sua) (?:\w+ )?lista|descadastr\w+|(?:parem|pare) de (?:me )?\w+|cancelar (?:a )?inscricao|nao (?:me )?(?:escrevam|enviem|mandem|contatem)(?: \w+){0,2} mais",
        r"(?:haal|verwijder) (?:mij|me)(?: \w+){0,3} (?:lijst|mailing\w*|bestand)|uitschrijven|afmelden|(?:stuur|mail|schrijf) (?:mij|me)? ?(?:\w+ )?niet meer|geen (?:mails?|e-?mails?|berichten) meer",
    )
)
_NOT = r"(?:not|n't|nt|never|no longer|hardly|cannot)"
_FAILED = any_of(
    (
        rf"(?:still|yet) (?:\w+ ){{0,2}}?{_NOT}\b|still (?!works?\b|working\b(?! on)|good|fine|great|happy|thank|appreciate|us(?:e|ing)\b|lik(?:e|ing)\b|love|interested|learning|better)\w+|(?:did|does|has|is|was|have|do)n't\W*$",
        r"thanks for nothing|(?:another|same|standard|generic|canned|copy[- ]paste\w*|useless|automatic|automated|robot) (?:\w+ )?(?:answers?|repl(?:y|ies)|responses?|text)\b",
        rf"\w*{_NOT}(?: \w+){{0,3}}? (?:work\w*|help\w*|fix\w*|solv\w*|chang\w*|difference|anything|the trick|resolv\w*|load\w*|open\w*|connect\w*|succe\w*|recogni\w*|respond\w*|appear\w*|show\w*|start\w*|allow\w*|let\b|receiv\w*|recieving|answer\w*|appl(?:y|ies)\w*|exist\w*|useful|satisfactor\w*|true|correct|possible|available|what i (?:asked|meant|need\w*)|my (?:question|problem|issue)|the (?:issue|problem|answer|right|case))\b",
        r"(?:the |an? |with |get(?:ting)? )?(?:exact )?(?:same|similar|identical) (?:\w+ )?(?:error|problem|issue|result|message|thing|behaviou?r|outcome|situation|answers?|story)|(?:same|error) (?:as )?(?:before|again)",
        r"(?:no|without|zero) (?:luck|change|changes|effect|difference|success|joy|improvement|avail|dice|progress|help)\b|to no avail|nothing (?:happen\w*|change\w*|work\w*|help\w*)|out of luck",
        r"(?:keeps?|continues?|kept|keep) (?:on )?(?:\w+ing|to \w+)\b|(?:error|problem|issue|message|it|bug)(?:'s| is| has| was)? (?:\w+ )?(?:back\b(?! to normal)|persist\w*|remain\w*|come back|came back|return\w*|reappear\w*|happened again|occur\w* again)|(?:came|is|are|come|comes) back again|worked (?:\w+ )?(?:for|until|once|only)\b",
        r"useless|unhelpful|pointless|nonsense|waste of time|disappoint\w*|terrible\b|does ?n't make (?:any )?sense|(?:how|what)(?: much)? (?:does|did) (?:that|this|it) help|not good enough|#?no #?answers?",
        r"(?:that|this|it|page|link|info\w*|article)(?:'s| is| was) (?:only )?(?:for (?:windows|mac\w*|linux|android|ios|the (?:old|new)|another|a different|other|users|version)|out of date|outdated|wrong|incorrect|dead|old)|(?:link|page|site)(?: \w+){0,2} (?:is |are )?(?:broken|dead|gives|404|not found|no longer|offline)|there(?:'s| is| are) no (?:such )?[\"\w]",
        r"(?:get|got|getting|gives?|gave|receiv\w+|throws?|with|see|shows?|sayin\w*|says|an|but) (?:me )?(?:an? |the |this |following )*(?:\w+ )?errors?\b|error (?:message|code)? ?(?:say\w*|:)|\bfail(?:s|ed|ing|ure)?\b|(?:is|it's|its|are|now|remains) broken|stopped working|not (?:fixed|solved|resolved|working)|temporarily locked|locked (?:me )?out|locking me out|crash(?:es|ing)\b",
        r"(?:any|is there any|no) (?:news|updates?|progress|answer|reply|response)(?: \w+){0,3}\??|checking in|following up|(?:still )?waiting (?:for|on) (?:a|an|your|any|some) (?:\w+ )?(?:reply|response|answer|solution)|(?:no ?one|nobody) (?:is |has |ever )*(?:respon|repl|answer|help)\w*|as usual|saying that for|has ?n't\b|have ?n't heard|you (?:did|do) ?n't (?:answer|read|understand|listen)",
        r"^\W*(?:no|nope|nah|no sir|nein|non|nao|nee|no,? (?:it|that|this) (?:did|does|is)(?: ?n't| not))\W*$|^\W*(?:unfortunately|sadly|nope|no)\b[, ]+(?!thanks|thank|problem|worries|need|more|longer|i (?:have|will|bought)|the |only )(?=\w)|👎|unfortunately|(?:now|but) (?:it|i|the|my)(?: \w+){0,4} (?:\w*n't|not|no|nothing|only|another|a different|new error)\b|i(?:'ve| have)? (?:already )?tried (?:that|this|it|everything|all)(?: \w+){0,4}(?: already| before| but|\.|$)(?! works| and (?:it )?works)|already (?:tried|did|done|spoke|spoken|have done)\b(?! it and)",
        # de
        r"(?:immer noch|noch immer|weiterhin|nach wie vor|leider|trotzdem|auch so)(?: \w+){0,4}? (?:nicht|kein\w*|nein|nichts|das gleiche|derselbe|dasselbe|fehler\w*|problem\w*)|leider (?:nein|nicht)|(?:funktioniert|geht|klappt|hilft|geholfen|geklappt|funktionierte|ging|lauft|startet|stimmt|hat|hab|habe)(?: \w+){0,5}? (?:nicht|nichts)\b|nicht (?:\w+ )?(?:geholfen|geklappt|funktioniert|gelost|weitergeholfen|hilfreich)|(?:gleiche[rn]?|selbe[nr]?|derselbe|dasselbe|demselben) (?:\w+ )?(?:fehler\w*|problem|meldung|ergebnis)|(?:fehler|problem|meldung)(?: \w+){0,2} (?:kommt|besteht|tritt|bleibt|ist) (?:\w+ )?(?:noch|weiterhin|wieder|immer)|keine (?:besserung|anderung|veranderung|hilfe|reaktion)|bringt nichts|ohne erfolg|nichts geandert",
        # fr
        r"(?:marche|fonctionne|va|aide|change|marchait|fonctionnait|suffit|resolu|aide|reussi)(?: \w+){0,2}? (?:pas|rien|plus)\b|toujours (?:pas|le meme|la meme|rien|en panne|bloque\w*)|persiste|(?:meme|memes) (?:erreur|probleme|message|souci|resultat)|rien (?:ne |n')?(?:change|n'y fait|de neuf)|sans succes|(?:n'a|n'ai|ne m'a) (?:\w+ )?(?:rien|pas)\b|malheureusement|encore (?:le meme|une erreur|en panne)",
        # es
        r"(?:no|sigue sin|sin|aun no|todavia no|ya no|tampoco) (?:me |se |lo |le )?(?:ha |han )?(?:funcion\w*|sirv\w*|sirve|ayud\w*|va\b|carga\w*|resuelv\w*|resolv\w*|soluciona\w*|arregl\w*|resuelto|cambia\w*|es la|es el)|sigue (?:igual|fallando|sin|saliendo|dando|con|el)|mism[oa] (?:error|problema|mensaje|fallo)|sin (?:exito|cambios|respuesta)|(?:problema|error) (?:persiste|sigue|continua)|lamentablemente|desgraciadamente|pero (?:no|sigue|aun|todavia)|solo dice",
        # it
        r"non (?:mi |ha |e |si |ho )?(?:\w+ )?(?:funzion\w*|va\b|aiut\w*|risol\w*|serv\w*|cambiat\w*|cambia|riesco)|(?:stesso|stessa|medesimo) (?:\w+ )?(?:errore|problema|messaggio|cosa)|ancora (?:non|lo stesso|il problema|l'errore)|(?:problema|errore) (?:persiste|rimane|resta)|senza successo|purtroppo|niente da fare",
        # pt
        r"(?:nao|ainda nao|continua sem|tambem nao) (?:me |esta |ta )?(?:funcion\w*|ajud\w*|resolv\w*|deu certo|adiant\w*|consegui\w*|mudou|abre|entra)|mesm[oa] (?:erro|problema|mensagem|coisa)|continua (?:igual|com|dando|o mesmo|na mesma)|sem (?:sucesso|exito|resposta)|ainda (?:nao|com|esta com|da erro)|infelizmente|e nada\b",
        # nl
        r"(?:werkt|doet|helpt|lukt|gaat|hielp|werkte|geholpen|gelukt)(?: \w+){0,3}? niet|niet (?:gelukt|geholpen|opgelost)|nog (?:steeds|altijd)(?: \w+){0,2} (?:niet|geen|hetzelfde|dezelfde|een)|(?:de|het)?zelfde (?:probleem|fout\w*|melding)|geen (?:verschil|effect|succes|verandering|oplossing)|helaas|zonder (?:succes|resultaat)",
    )
)
_FIXED = any_of(
    (
        r"(?:it|that|this|everything|all|all is|now|they|works?|worked|which|and|again)? ?(?:is |it's |now |finally |already |just |do(?:es)? |did )*(?:works|worked|working|(?:does|did|do) (?:\w+ )?work)\b(?! (?:for|on|around|at|with)\b(?! me))(?! e-?mail)",
        r"works? (?:for me|great|fine|nicely|perfect\w*|well|now|again|like)|(?:is |it's |was |i |got it |have |now |been |this |that |itself |all )*(?:fixed|solved|resolved|sorted(?: out)?|cleared up|figured (?:it |this |that )?out)\b|(?:did|does|do) the (?:trick|job)|(?:that|it|this) (?:was|did|'s) it\b|(?:up and )?running (?:again|now|great|fine|smooth\w*|well)|runs? (?:like a charm|fine|great|again|smooth\w*|perfect\w*)|back to normal|smooth as",
        r"no (?:more|longer any|further) (?:problem|issue|error|trouble)s?|no (?:issue|problem)s? (?:at all|any ?more|now)|(?:problem|issue|error)s? (?:is|are|was|has|have)? ?(?:now )?(?:gone|over|disappeared|no more)|(?:it's|its|they're|is|am|i'm|all) (?:all )?(?:good|set|fine|back|ok|okay)(?: now)\b|they're back|(?:i'm|i am|all|nah i'm|we're) (?:good|set|sorted)\b|(?:it's|its|is) ok i\b|(?:can|could) (?:now )?(?:log|sign) in (?:now|again)",
        r"never ?mind|nevermind|found (?:it|the (?:problem|cause|issue|solution|answer|setting|mistake|reason))\b|my (?:own )?(?:mistake|bad|fault|error)\b|(?:silly|stupid|dumb) me|(?:turned|turns) out (?:to be|it was|that)|managed to\b|got it (?:\w+ )?(?:work\w*|run\w*|now|fixed)|got here|(?:it|they|parcel|package|order) (?:\w+ )?arrived|how (?:did i|i did) not see|it (?:\w+ )?(?:returned|downloaded) (?:now)?|take it back|(?:was|been|very|really|super|so) helpful|can't complain|(?:does|do|is|are|has|have)n't (?:\w+ ){1,2}(?:any ?more|any longer)|no longer (?:crash\w*|happen\w*|get\w*|see\w*|freez\w*|hang\w*|fail\w*)",
        r"(?:funktioniert|klappt|geht|lauft) (?:es )?(?:jetzt|wieder|nun|alles|bestens|wunderbar|einwandfrei|perfekt|super|prima)|(?:jetzt|nun|wieder|es|alles|hat|ja,?) (?:\w+ )?(?:funktioniert|geklappt|klappt|lauft|geht)\b|gelost|erledigt|behoben|kein (?:problem|fehler) mehr|keine (?:probleme|fehler) mehr|alles (?:gut|bestens|in ordnung)|geholfen|wieder da|gefunden",
        r"(?:ca|cela|tout|il|elle|maintenant|desormais|et) (?:re)?(?:marche|fonctionne)\b|(?:re)?(?:marche|fonctionne) (?:maintenant|bien|parfaitement|de nouveau|nickel|tres bien|a nouveau)|resolue?s?\b|regle[es]?\b|c'est (?:bon|ok|parfait|reparti)|j'ai (?:reussi|trouve)|plus de (?:probleme|souci)",
        r"(?:ya|ahora|todo|si,?) (?:\w+ )?(?:funcion[ao]\w*|va bien|esta|quedo|puedo)|funciono\b|solucionad[oa]s?|resuelt[oa]s?|arreglad[oa]s?|recibi\b|ya no (?:hay|tengo) (?:problema|error)\w*|lo (?:logre|consegui|encontre)",
        r"(?:adesso|ora|tutto|ha|e|grazie,?|ci) (?:\w+ )?(?:funziona\w*|va(?: tutto| bene)?)\b|funziona (?:tutto|bene|perfettamente|ora|adesso|di nuovo)|risolt[oa]|(?:tutto )?a posto|sistemat[oa]|ci sono riuscit[oa]|trovat[oa]\b",
        r"(?:agora|ja|tudo|voltou a) (?:\w+ )?(?:funcion\w+|deu certo|esta ok)|funcionou|resolvid[oa]|resolveu|deu certo|consegui\b|tudo certo|encontrei",
        r"(?:het|nu|alles) (?:\w+ )?werkt\b|werkt (?:het )?(?:nu|weer|perfect|prima|goed)|opgelost|gelukt|verholpen|geen (?:probleem|problemen) meer|gevonden",
    )
)
_SURELY_FIXED = any_of(
    (
        r"(?:now|again|finally)\b|fixed|solved|resolved|sorted|thank|turned out|my mistake|never ?mind|take it back|did (?:the trick|it)|any ?more|jetzt|wieder|gelost|maintenant|resolu|ya\b|ahora|solucionad|adesso|ora\b|risolt|agora|resolvid|nu\b|weer\b|opgelost|found out|figured",
    )
)
_NEGATED = re.compile(
    r"(?:\b(?:not|never|no|nor|hardly|without|cannot|nothing|none|nobody|isnt|doesnt|dont|didnt|nicht|kein\w*|nie|pas|non|nao|niet|geen|sin|nunca)\b|n't)(?: \w+){0,3} ?$"
)
_HOPED = re.compile(
    r"\b(?:if|once|when|whether|until|till|before|hope|hoping|hopefully|should|would|could|might|may|maybe|will|'ll|wish|supposed|try|trying|want|need|like|to get|to|how|does|do|why|where|can|as it|used to|was|were|wenn|ob|falls|hoffe\w*|soll\w*|wurde|si|espere|j'espere|ojala|espero|se|spero|come|als|hoop|zou|que)(?: \w+){0,3} ?$"
)
_HOPED_SHORT = re.compile(
    r"\b(?:if|once|whether|until|hope|hoping|hopefully|should|would|could|might|may|maybe|will|'ll|wish|supposed|how|as soon as|wenn|ob|falls|hoffe|si|espero|ojala|se|spero|hoop)\b(?: \S+){0,5} ?$"
)
_LATER = any_of(
    (
        r"(?:will|\w+'ll|ill|shall|gonna|going to|let me|i can|must|have to|need to)(?: \S+){0,4}? (?:give (?:it|this|that)(?: \w+)? a (?:try|go|shot)|(?:try|test|check|retry|look|investigate|see|examine|verify|go through|read|work on|install|reinstall|update|wait|do (?:that|this|it|so)|report|post|tackle|figure|follow|run)\b)(?! (?:no|any|another|what i|the same|an error))",
        r"(?:will|'ll|ill|shall|going to|can|gonna|and|let me)(?: \S+){0,4}? (?:let you know|get back to you|come back to you|keep you (?:posted|updated|informed)|update you|report back|be in touch|reply)|(?:let|letting) you know|keep you (?:posted|updated|informed)|get back to you|send you (?:my|the) (?:results?|feedback)|hang (?:on|tight)|bear with me|^\W*(?:thank you|thanks)?,? ?i will\W*$|(?:in|within) (?:a few|two|2|\d+) (?:weeks?|days?) .{0,20}(?:test|try)|only have time|let me (?:see|check|try|look|think)|try (?:it|this|that) (?:later|tomorrow|tonight|when|once|asap|out|on|at)|(?:have|give it) a (?:try|go|look)|will try\b|not (?:had (?:the )?time|tried|got round)|(?:haven't|have not) (?:\w+ )?(?:tried|had)(?! to)",
        r"(?:probiere?|teste|versuche?|schaue?|prufe|checke)(?: \S+){0,5} (?:aus|heute|morgen|spater|gleich|mal|an|nachher|und|es|das)|(?:melde mich|gebe bescheid|sage bescheid|werde (?:\S+ ){0,5}(?:testen|probieren|ausprobieren|versuchen|prufen))",
        r"j'essa[iy]e\w*|je (?:teste|vais|verifie|regarde|vous tiens|reviens|essaierai|testerai)|vous tiens au courant|je m'en occupe",
        r"(?:lo |la |lo voy a )?(?:pruebo|probare|probaremos|intentare|reviso|revisare|verifico)\b|voy a (?:probar|intentar|revisar|ver)|(?:te|les|os|le) (?:digo|aviso|cuento|comento)",
        r"(?:lo |ci |ora )?(?:provo|provero|controllo|verifico|testo)\b|(?:vi|ti|le) (?:faccio sapere|aggiorno)|faccio sapere",
        r"vou (?:testar|tentar|verificar|ver|experimentar|fazer)|(?:te|lhe|vos)? ?(?:aviso|informo|retorno)\b|dou retorno|experimento",
        r"(?:ik )?(?:probeer|test|bekijk|check)(?: \S+){0,4} (?:vanavond|morgen|straks|later|uit|even|vandaag)|ik (?:probeer|ga) het|laat(?: \w+){0,3} weten|zal (?:\S+ ){0,4}(?:proberen|testen|kijken)",
    )
)
_RECEIPT = re.compile(
    r"^\W*(?:ok(?:ay|ey)?|k|noted|got it|understood|alright|all right|roger|will do|i see|hmm+|received|verstanden|alles klar|gut|entendido|vale|de acuerdo|d'accord|compris|capito|va bene|ricevuto|entendi|certo|begrepen|oke|prima)(?:[ ,.!]+(?:ok(?:ay)?|then|noted|sir|so))*\W*$"
)
_COURTESY = any_of(
    (
        r"(?:many |kind |ok |okay )?(?:thanks?|thank|thx|tnx|tnq|thanx|thnx|tq|ty|cheers|much appreciated|appreciated?)(?: you)?\b(?: (?:so|very|a lot|a ton|much|again|both|all|guys|team|anyway|anywho|though|everyone))*",
        r"(?:great|perfect|awesome|excellent|super|brilliant|amazing|wonderful|fantastic|lovely|cool|nice|good|top|gold)(?: (?:service|job|work|help|answer|support|one|stuff))?\b|(?:for|your|you|the|all|of|and|this|that|so|very|really|quick|fast|prompt|kind|swift|help\w*|support|reply|response|answer|advice|info\w*|information|link|hint|time|patience|assistance|tips?|provided|have|it|was|is|a|lot|my|no|hi|hello|hey|dear|ok|okay|oh|ah|yes|yeah|lol|haha|sorry|about|much|sir|please|everyone|i|am|just|best|regards|what|needed|lead)\b",
        r"danke\w*|vielen|besten|herzlichen|dank|fur|die|das|der|deine?|ihre?|schnelle?n?|hilfe|antwort|info\w*|super|prima|toll|perfekt|hallo|liebe|grusse|merci\w*|beaucoup|pour|votre|la|le|les|de|reponse|aide|rapide|parfait\w*|bonjour|bonne|journee|muchas|mil|gracias|por|tu|su|ayuda|respuesta|la|rapida|perfecto|genial|excelente|servicio|grazie|mille|per|il|vostro|aiuto|pazienza|risposta|perfetto|ottimo|obrigad\w+|muito|pela|pelo|ajuda|resposta|valeu|perfeito|bedankt|hartelijk|dank|je|wel|u|voor|hulp|antwoord|geweldig",
    )
)
_THANKS = any_of(
    (
        r"thank|thx|tnx|tnq|thanx|thnx|tq\b|ty\b|cheers|appreciat|perfect|great|awesome|excellent|brilliant|amazing|lovely|fantastic|wonderful|danke|dank\b|super\b|prima\b|perfekt|merci|parfait|gracias|perfecto|excelente|genial|grazie|perfetto|ottimo|obrigad|valeu|perfeito|bedankt|geweldig|no thanks|👍|🙏|😊|🎉|❤",
    )
)
_DETAIL = re.compile(
    r"https?://|\b[a-z]*\d[\w.\-/:]*\b|#\w*\d\w*|attach|screenshot|pastebin|see below|anbei|angehangt|im anhang|ci-joint|piece jointe|adjunt|allegat|anexo|bijlage|in bijlage"
    r"|\b(?:version|model|number|serial|order|browser|chrome|firefox|safari|edge|windows|mac\w*|linux|ubuntu|android|ios|iphone|ipad|samsung|plan|using|use|bought|wifi|nummer|bestell\w*|numero|commande|pedido|ordine|versione|versao|bestelling)\b"
)
_HARD_DETAIL = re.compile(
    r"https?://|\b[a-z]*\d[\w.\-/:]*\d\b|attach|screenshot|anbei|im anhang|ci-joint|adjunt|allegat|anexo|bijlage"
)
_YES_NO = re.compile(
    r"^\W*(?:(?:yes|yeah|yep|yup|both|neither|i did|i do|i have|ja|oui|si|sim|i am|correct|exactly|right)\b|(?:no|nope|nein|non|nao|nee)\b(?=\W*$|[,.;]| (?:i|we|it|the|only)\b))"
)
_FURTHER = any_of(
    (
        r"(?:one|another|a|last|further|additional|more|quick|next)(?: \w+)? (?:question|query|thing)\b|(?:can|could|may) (?:i|we|you) (?:\w+ ){0,2}(?:ask|have|get|also)|(?:i|we)(?: also)? have (?:a|another|one|some)(?: \w+)? questions?|what about|how about|(?:and|or|also|so|but) (?:how|what|if|where|when|can|is)\b|another problem|(?:do|could|can) you (?:no|know)\b|noch eine (?:frage|bitte)|weitere frage|(?:une )?autre question|encore une question|et pour\b|otra (?:pregunta|duda|cosa)|una (?:pregunta|duda)|un'altra (?:domanda|cosa)|(?:mais )?uma (?:pergunta|duvida)|outra (?:pergunta|duvida|coisa)|(?:nog )?een vraag",
    )
)


def outcome_of(text: str, previous: Previous | None, *, wants_human: bool) -> tuple[Outcome, str]:
    """The outcome and its reason. First rule that applies wins; `wants_human` is the flag of the same text.

    A question asked of us after trouble stays trouble, a question after success stays a question.
    """
    folded = fold(text)
    if not folded:
        return Outcome.OTHER, "no text"
    if _AUTO.search(folded):
        return Outcome.AUTO, "reads like a machine's mail"
    if wants_human:
        return Outcome.WANTS_HUMAN, "asks for a person"
    asking = [sentence for sentence in sentences(text) if asks(sentence)]
    if _STOP.search(folded) and not asking:
        return Outcome.STOP, "wants no more mail"
    solved, trouble = _balance(text)
    later = bool(_LATER.search(folded))
    details = bool(_DETAIL.search(folded))
    if trouble and not solved:
        if previous is Previous.QUESTION and (later or (details and not _FAILED_AGAIN.search(folded))):
            return (
                (Outcome.ACK_PENDING, "will try it") if later else (Outcome.ANSWER_TO_QUESTION, "details with trouble")
            )
        return Outcome.NOT_RESOLVED, "says that it is not solved"
    if asking or _FURTHER.search(folded):
        return Outcome.NEW_QUESTION, "asks something further"
    if later and not solved:
        return Outcome.ACK_PENDING, "will try it"
    if solved:
        return Outcome.RESOLVED, "says that it is solved"
    return _quiet(folded, text, previous, details=details)


_FAILED_AGAIN = any_of(
    (
        r"still|again|same|keeps?\b|persist|nope|did ?n't|does ?n't|doesn't|tried|useless|wasn't|not (?:help|work)\w*|immer noch|toujours|sigue|ancora|ainda|nog steeds",
    )
)


def _only_names(left: list[str], text: str) -> bool:
    """What is left beside the thanks is one word at most, or two that are written as names."""
    named = {fold(word) for word in re.findall(r"[^\W\d_]+", text) if word.istitle()}
    return len(left) <= 1 or (len(left) == 2 and named.issuperset(left))


def _quiet(folded: str, text: str, previous: Previous | None, *, details: bool) -> tuple[Outcome, str]:
    """A mail with no sign of trouble, success, plan or question: details, a receipt, thanks, or nothing to us."""
    if _RECEIPT.match(folded):
        return Outcome.ACK_PENDING, "a bare receipt"
    thanks = bool(_THANKS.search(folded))
    left = [word for word in re.findall(r"[^\W_]+", _COURTESY.sub(" ", folded)) if len(word) > 1]
    if thanks and _only_names(left, text) and previous is not Previous.QUESTION:
        return Outcome.RESOLVED, "thanks and nothing more"
    if previous is Previous.QUESTION and (left or _YES_NO.match(folded)):
        return Outcome.ANSWER_TO_QUESTION, "answers what we asked"
    if (details if previous is None else bool(_HARD_DETAIL.search(folded))) or _YES_NO.match(folded):
        return Outcome.ANSWER_TO_QUESTION, "gives details"
    if thanks and _only_names(left, text):
        return Outcome.RESOLVED, "thanks and nothing more"
    return Outcome.OTHER, "says neither that it is solved nor that it is not"


def _balance(text: str) -> tuple[bool, bool]:
    """(solved, trouble), sentence by sentence: trouble stands unless a later sentence surely says that it is over."""
    solved = trouble = False
    for sentence in sentences(text):
        folded = fold(sentence)
        good = _fixed(folded)
        bad = _last(_FAILED, _OVER.sub(" ", folded))
        if good >= 0 and (bad < 0 or (good > bad and _SURELY_FIXED.search(folded))):
            if not trouble or _SURELY_FIXED.search(folded) or re.search(r"\bwork(?:s|ed)\b", folded):
                solved, trouble = True, False
        elif bad >= 0:
            solved, trouble = False, True
    return solved, trouble


_OVER = any_of(
    (
        r"can't complain|no (?:more|longer any|further) (?:problem|issue|error)s?|no (?:issue|problem)s? (?:at all|any ?more|now)|(?:does|do|is|are|has|have)n't (?!work|help|open|load|respond|function|start)(?:\w+ ){1,2}(?:any ?more|any longer)|no longer (?:crash|happen|get|freez|hang|fail)\w*|kein (?:problem|fehler) mehr|plus de (?:probleme|souci)|never ?mind|how (?:did i|i did) not see|don't know what happen\w*|(?:not|n't) (?:sure|know) what",
    )
)


def _fixed(folded: str) -> int:
    """Where a sentence last says that it works, with nothing before it that denies, hopes or asks; −1 for nowhere."""
    found = -1
    for match in _FIXED.finditer(folded):
        before, after = folded[max(0, match.start() - 60) : match.start()], folded[match.end() : match.end() + 30]
        words = match.group(0)
        if re.match(
            r"\W*(?:\w+ ){0,2}(?:nicht|pas|niet|plus|for (?:a|an|five|ten|one|few|some|about)|until|once|only)\b", after
        ):
            continue
        plain = re.fullmatch(r"\W*(?:\w+ )*work\w*", words) is not None
        if _NEGATED.search(before) and not words.startswith(("no ", "never", "can't", "kein")):
            continue
        if _HOPED_SHORT.search(before) or (plain and _HOPED.search(before)):
            continue
        found = match.start()
    return found


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((match.start() for match in pattern.finditer(text)), default=-1)
