"""Pure. What people write when something must reach a human: phrases per flag, in seven languages, and their look-alikes.

Patterns meet text as `fold` leaves it: small letters without accents, straight quotes, one space. A phrase is a whole
thought, never a single word that products use as well; what tempts (`contact person`, `kill the process`, `refund
policy`) is blanked first by LOOK_ALIKES. Written from what such mails say, in the order en, de, fr, es, it, pt, nl.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping

from daemon.steps.verdicts import Flag

_LETTERS = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "ß": "ss", "œ": "oe"})


def fold(text: str) -> str:
    """The text as patterns read it: small letters, no accents, straight quotes, every run of white space one space."""
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS).casefold())
    return " ".join("".join(sign for sign in plain if not unicodedata.combining(sign)).split())


def any_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """One pattern out of many, each beginning at a word's start."""
    return re.compile("|".join(rf"(?<!\w)(?:{phrase})" for phrase in phrases))


LOOK_ALIKES = any_of(
    (
        r"human resources?\b|recursos humanos|ressources humaines|risorse umane|personalmodul",
        r"(?:ssh|session|download|file|package|task|window|device|board|library|password|account) managers?\b|manager (?:view|role|app)\b",
        r"contact person\b|call recordings?\b|agent version|user agent|(?:create|arduino|cloud|monitoring|mail) agents?\b",
        r"phone number (?:field|column|input|format)|(?:their|his|her|user'?s?|a) (?:name, )?phone number",
        r"(?:legal|terms|imprint|privacy) (?:page|notice|link|hint|section)s?\b|rechtlichen hinweis\w*",
        r"(?:refunds?|returns?|cancell?ation|shipping)(?: and \w+)? (?:policy|policies|terms|rules)|politique de remboursement|politica de reembolso",
        r"cancel button|(?:flight|train|ride|event|driver) (?:was |is |be |been |got )?cancell?ed|(?:it|flight) be cancell?ed",
        r"(?:approve|process|create|creating|issue|handle)\w* refunds",
        r"memory leaks?\b|leaks? memory|hackathons?\b|hack ?day|anti-?virus|spam filters?",
        r"(?:kill|end|mat\w+|encerr\w+) (?:the |a |un |el |o )?(?:process\w*|proceso|task|job|daemon|switch)|kill switch",
        r"(?:battery|phone|link|device|daemon|demon|board|server|connection) (?:is )?(?:dies|die|dying|dead)|dying to (?:try|see|get|know)|dead (?:link|pixel)s?",
        r"(?:voltage|charge|pressure|linear|low[- ]dropout|buck|boost|5v|3\.3v) regulators?|regulator (?:chip|output|circuit|board)",
        r"\"urgent\"|(?:not|\w*n't|nothing) (?:that |very |so |at all )?urgent|no (?:rush|hurry)|nicht (?:so )?(?:dringend|eilig)|pas urgent|no es urgente|non e urgente|nao e urgente|niet dringend",
        r"(?:not|\w*n't) (?:asking|looking) for (?:a )?refund|(?:not|\w*n't) want (?:a refund|to cancel)",
        r"fraud (?:protection|detection|prevention)",
    )
)

_PERSON = (
    r"(?:(?:some|any) ?(?:one|body)|(?:a|an|your|the|one of your|another|some) (?:\w+ ){0,2}(?:person|human|agent|representative|rep|manager|supervisor|advis[eo]r|operator"
    r"|colleague|collegues?|colleagues|technician|engineer|specialist|staff|employee|team ?(?:leader|member)?|boss)|agents?|humans?|people|manager|supervisor|customer (?:service|support|care|relations)|support staff|real person)"
)
_TALK = r"(?:speak|speaking|talk|talking|chat|discuss|connect(?: me)?|put me through|transfer(?: me)?|forward(?: me| this)?|hand(?: me| this)? over|escalate(?: this)?|get in (?:touch|contact)|in contact|(?:get|got)(?: a)? hold)"

FLAGS: Mapping[Flag, re.Pattern[str]] = {
    Flag.WANTS_HUMAN: any_of(
        (
            # en
            rf"{_TALK}(?: \w+){{0,3}}? (?:to|with|of) (?:\w+ ){{0,2}}?{_PERSON}\b",
            r"(?:real|actual|live|living|proper|human) (?:person|human|being|agent|operator|representative|support agent)\b",
            r"a person,? please|person please|human please|^\W*(?:an? |the )?(?:real )?(?:agent|human|person|representative|operator|manager|supervisor)(?:,? please)?\W*$",
            r"(?:connect|put) (?:me|us) (?:with|through|in (?:touch|contact))\b|is (?:any|some)(?:body|one) (?:there|reading|home|even)",
            r"(?:please |can you |could you |someone |somebody |anyone |to )(?:call|phone|ring|telephone) (?:me|us)\b|^\W*(?:call|phone|ring) (?:me|us)\b|(?:call|phone|ring) (?:me|us) (?:back|asap|today|tomorrow|at|on|please)|(?:request|want|need|get|arrange|give me) a (?:call ?back|phone call|call)\b|give (?:me|us) a (?:call|ring)",
            r"(?:have|get|ask|send|let) (?:someone|somebody|a (?:person|human|technician|colleague|manager|engineer|specialist)|an? (?:agent|engineer)|your (?:manager|supervisor|team)) (?:\w+ ){0,3}(?:call|phone|ring|contact|look|write|answer|reply|help|get back)",
            r"(?:want|need|get|like|give me|gimme|where(?: i)?s?|is there) (?:to have )?(?:an? |some|any)?(?:\w+ )?(?:human|person|agent|representative|supervisor|(?:some|any)one (?:in|at|from|who|that|@|to (?:help|call|talk|look)))\b",
            r"(?:some|any)(?:one|body) (?:\w+ ){0,3}(?:who|that) (?:can|could|will|would) (?:\w+ ){0,2}(?:help|decide|make decisions|fix|answer)",
            r"(?:your|customer (?:care|service|support)|support|help ?(?:line|desk)|service|contact) (?:tele)?(?:phone )?number|(?:no|have|need|want|get|find|a|there|what(?: i)?s) (?:\w+ ){0,2}(?:tele)?phone number|(?:\w*n't|not|no) (?:seem to )?(?:have )?(?:a )?number (?:\w+ ){0,2}(?:to|for|anywhere)|number (?:i|we) can (?:call|ring|phone)",
            r"(?:contact|call|reach|the|a|your|is there a) (?:the )?(?:call cent(?:er|re)|hot ?line|help ?line|live chat)\b(?! closed)|live (?:chat|agent|support)\b",
            r"(?:who is|who's|your|to the|with the|to a|with a) (?:\w+ )?(?:supervisor|manager|boss|superior)\b|escalate (?:this|my|the|it)",
            r"(?:rather|prefer|discuss|explain|talk|speak|do|sort|handle|solve|resolve)(?: \w+){0,4} (?:in person|on the phone|over the phone|by (?:tele)?phone)\b",
            r"(?:no|any other|another|is there (?:a|any)|only) way to (?:contact|reach|talk|speak|get hold)|(?:can ?not|can't|impossible to|unable to|no way to) (?:reach|contact|get (?:a )?hold of|get through to) (?:any|some|a |an |you)",
            r"(?:not|\w*n't|stop|hate|sick of|tired of|than|stupid|instead of) (?:\w+ ){0,6}?(?:a |your |the |this |these )?(?:chat ?)?(?:bots?|robots?|auto(?:mated|matic) (?:repl|answer|response)\w*|(?:bot|robot|machine|ai) (?:answer|repl|response)\w*)\b|talking to (?:a |this |your )?(?:bot|robot|machine)\b",
            r"dm me\b|please reach out|(?:wait|stuck) (?:\w+ ){0,3}(?:an )?automat(?:ed|ic) (?:reply|response|answer)",
            # what our own mails offer to say (daemon/templates)
            r"(?:ein|einen) (?:mensch|menschen|mitarbeiter),? bitte|une personne,? (?:s'il vous|svp)|una persona,? (?:por favor|per favore)|uma pessoa,? por favor|een (?:medewerker|mens|persoon),? (?:alstublieft|a\.?u\.?b|graag)",
            # de
            r"(?:mit|an|zu|von) (?:jemand(?:em|en)?|(?:eine[rmn]?|ihre[rmn]?|eure[rmn]?|der|dem|den) (?:\w+ )?(?:mensch(?:en)?|mitarbeiter\w*|person|vorgesetzte\w*|kolleg\w*|berater\w*|techniker\w*|sachbearbeiter\w*|chef\w*|kundendienst|kundenservice|support|zentrale|\w*leitung|\w*abteilung))(?: \w+){0,7} (?:sprechen|reden|telefonieren|verbinden|verbunden|weiterleiten)",
            # without a word for a person only what nobody does with a thing: a printer is connected with the WLAN too
            r"mit (?:eine[rm]|ihne?n|ihre[rmn]|eure[rmn]|der|dem|den)(?: \w+){0,3} (?:sprechen|reden)\b",
            r"(?:echte[rnm]?|richtige[rnm]?|lebende[rnm]?) (?:mensch\w*|person|mitarbeiter\w*)|ruf(?:en sie|t|en)? (?:mich|uns)\b|(?:mich|uns) (?:bitte )?(?:zuruck|an)(?:zu)?rufen|ruckruf\b",
            r"(?:ein|einen|eine|jemand|irgendjemand|kein)\s?(?:mitarbeiter\w*|mensch|kolleg\w*|person|techniker\w*)? (?:\w+ ){0,4}(?:ansehen|anschauen|melden|anrufen|kummern|ubernehmen|antworten)",
            r"(?:nicht|kein\w*|statt) (?:\w+ ){0,3}(?:einem |einer )?(?:bot|roboter|maschine|automaten?)\b|(?:ihre|eine|welche|eure|die) (?:telefonnummer|hotline|rufnummer)",
            # fr
            r"parler (?:a|avec|au) (?:un |une |quelqu'un|votre |le |la |l')?(?:\w+ )?(?:conseill\w+|personne|responsable|humain\w*|agent\w*|operat\w+|technicien\w*|etre humain|superieur\w*|service client)?",
            r"(?:m'|nous |me )(?:r?appeler|contacter par telephone)|r?appelez[- ](?:moi|nous)|vraie? (?:personne|humain|conseiller)|pas (?:\w+ ){0,3}(?:une machine|un robot|un bot)|(?:numero|votre) (?:de )?telephone",
            # es
            r"hablar (?:\w+ )?con (?:un[ao]? |el |la |su |vuestro |algun )?(?:persona|agente|alguien|human[oa]|asesor\w*|operador\w*|encargad[oa]|supervisor\w*|responsable|gerente|ser humano|tecnico)",
            r"llam[ea](?:n|d)?(?:me|nos)\b|(?:me|nos) (?:pued\w+|podria\w*) llamar|que (?:me|nos) llam\w+|persona (?:real|de verdad)|no (?:\w+ ){0,2}con un (?:robot|bot)|(?:numero|telefono) de (?:telefono|contacto|atencion)",
            # it
            r"parlare (?:\w+ )?con (?:un[ao]? |il |la |il vostro )?(?:persona|operatore|operatrice|qualcuno|responsabile|umano|essere umano|tecnico|consulente)",
            r"(?:ri)?chiam(?:atemi|ami|ateci)\b|(?:mi|ci) (?:potete|puo|puoi|potreste) (?:ri)?chiamare|persona (?:vera|reale)|(?:vostro )?numero di telefono",
            # pt
            r"falar (?:\w+ )?com (?:um |uma |o |a )?(?:pessoa|atendente|humano|gerente|alguem|responsavel|supervisor\w*|ser humano|tecnico)",
            r"me lig(?:ue|uem|a)\b|(?:podem?|pode) (?:me )?ligar|ligar para mim|pessoa (?:real|de verdade)|nao (?:\w+ ){0,2}com um (?:robo|bot)|numero de telefone",
            # nl
            r"een (?:echte? )?(?:medewerker|mens|persoon|manager|leidinggevende|collega|monteur)(?: \w+){0,5} (?:spreken|praten|bellen)\b|(?:met iemand|met jullie|jullie)(?: \w+){0,4} (?:spreken|praten|bellen)\b",
            r"(?:kunt u|kunnen jullie|kan iemand|wilt u|bel) (?:mij|me|ons)\b(?: (?:terug)?bellen)?|terugbellen|echt (?:mens|persoon)|jullie telefoonnummer|geen (?:robot|bot)\b",
        )
    ),
    Flag.LEGAL_OR_REGULATED: any_of(
        (
            r"(?:my|our|a|an|your|the) (?:lawyer|attorney|solicitor|legal (?:team|counsel|department|adviser|advisor))s?\b|lawyers? will|legal (?:action|steps|proceedings|claim|letter|advice)|sue (?:you|your|them)|suing you|lawsuit|small claims|(?:see you in|take (?:you|this|it) to|go to) court|cease and desist|breach of contract",
            r"(?:better business bureau|bbb|ftc|fcc|cfpb|fca|ombudsman|trading standards|consumer (?:protection|rights|affairs|watchdog|council)|attorney general|(?:the|your|our|a|national|industry) regulator|data protection (?:authority|officer|commissioner|agency)|information commissioner)\b",
            r"gdpr|ccpa|subject access|(?:right to (?:be forgotten|erasure)|article 1[57])|(?:copy|access|delet\w+|eras\w+|remov\w+|export)(?: \w+){0,4} (?:personal (?:data|info\w*|details)|data (?:you|about me|that you))|(?:all|any|the) (?:the )?(?:personal )?data (?:that )?you (?:store|have|hold|keep)|(?:sell|sold|share|shar\w+)(?: \w+){0,3} (?:personal|private) (?:info\w*|data|details)|what data (?:do )?you (?:store|have|hold|keep)",
            r"(?:call|called|contact\w*|went to|go to|going to|report\w*(?: \w+){0,3} to|file\w*(?: \w+){0,3} with|inform\w*) the police|police (?:report|officer|complaint)|subpoena|court order|search warrant|charge ?back|law enforcement",
            r"fraudulent(?:ly)? (?:charg|transact|purchas|order|payment|activit|use|withdraw|account)\w*|charged fraudulently|(?:dispute|report|reporting|victim of|commit\w*|committing) (?:a |the |this |credit card |identity )*(?:fraud|scam)|(?:identity|credit card) (?:theft|fraud)|(?:this|that|it) is (?:a )?(?:fraud|theft)\b|forged|forger(?:y|ies)|(?:ordered|bought|signed|opened)(?: \w+){0,4} in (?:my|our)(?: \w+)? name",
            r"discriminat(?:ed|ion|ory|ing)|racis(?:t|m)|sexis(?:t|m)|assault(?:ed)?\b|sexual(?:ly)? (?:harass|assault)\w*|harass(?:ed|ing|ment)|with a (?:gun|knife|weapon)|threaten(?:ed|s|ing) (?:me|to)",
            r"(?:caught|on|catch(?:es|ing)?) fire\b|burn(?:ed|t) (?:my|his|her|our|me|down)|(?:got|been|was|were|am|is|get) (?:\w+ )?(?:injured|hurt|burn(?:ed|t)|electrocuted|poisoned|scalded)|electric(?:al)? shock|injur(?:y|ies) (?:from|caused|to)|explod(?:ed|es|ing)|(?:child|pupil|student|kid|someone|somebody|colleague|customer|hand|finger|arm|face|eye)s? (?:was |is |got |were )?(?:\w+ )?(?:hurt|burned|burnt|injured)\b|a burn on|(?:seen by|saw|see|went to) (?:a|the) doctor|(?:taken|went|go|rushed|ended up)(?: \w+){0,2} (?:to|in)(?: the)? (?:hospital|emergency room|er)\b|food poisoning|product recall",
            r"(?:found|find|was|is|there(?:'s| is| was))(?: \w+){0,3} (?:plastic|glass|metal|hair|insects?|bugs?|worms?|mou?ld|mold|a nail|maggots?)(?: \w+){0,2} in (?:my|our|the|your) \w+",
            r"allerg(?:y|ic|ies|en|ens)\b|(?:tak\w+|combin\w+|together with|interact\w*|while on|i'm on|safe with|with my)(?: \w+){0,6} (?:medications?|medicines?|prescription|antidepressants?|blood (?:pressure|thinners?)|insulin)\b|pacemaker\b|(?:blood pressure|heart) medication|(?:safe|okay|ok|allowed)(?: \w+){0,5} (?:pregnant|pregnancy|breastfeeding|diabetics?)|side effects?\b|while (?:pregnant|breastfeeding)|overdos\w+",
            r"(?:my|our|a|the) (?:\w+ )?(?:\d{1,2}|[a-z]+)[- ]year[- ]olds?\b(?: \S+){0,14}? (?:stranger|adults?|photos?|pictures|predator|inappropriate|naked|groom\w*)|minors? (?:at risk|in danger)|child (?:safety|porn\w*|abuse)|(?:groom(?:ed|ing)) (?:my|a) (?:child|son|daughter|kid)",
            # de
            r"(?:rechts)?anw(?:a|ae)lt\w*|rechtliche schritte|rechtsweg|verklage\w*|klage (?:einreichen|erheben)|(?:straf)?anzeige (?:erstatten|gegen|wegen)|zeige sie an\b|polizei|verbraucher(?:zentrale|schutz)\w*|datenschutz(?:beauftragte|behorde|verstoss)\w*|dsgvo|personenbezogene\w* daten|bundesnetzagentur|abmahnung|in brand geraten|feuer gefangen|(?:habe|hat|wurde) (?:mich |sich )?(?:\w+ ){0,3}verletzt|allergi\w+|schwanger\w*|betrug(?:sfall)?\b|diskriminier\w+",
            # fr
            r"(?:mon|notre|un) avocat|avocate?s?\b|(?:porter|deposer) plainte|poursuites? judiciaires?|en justice|tribunal|la police|gendarmerie|rgpd|cnil\b|dgccrf|mise en demeure|repression des fraudes|(?:suppression|acces|copie)(?: \w+){0,4} donnees(?: personnelles)?|(?:supprim\w+|effac\w+)(?: \w+){0,3} donnees personnelles|pris feu|(?:me suis|a ete|ai ete) (?:blesse|brule)\w*|allergi\w+|enceinte|discriminat\w+",
            # es
            r"abogad[oa]s?|(?:los|le|les|voy a) denunci\w+|denuncia (?:ante|a la)|demand(?:ar|are|aremos)(?:los|les)?\b|la policia|juzgado|tribunal\w*|profeco|ocu\b|consumo responsable|oficina del consumidor|proteccion de datos|rgpd|datos personales|se incendio|me queme|alergi\w+|alergic\w+|embaraza\w+|discrimina\w+|acciones legales",
            # it
            r"(?:mio |nostro |un )?avvocat[oi]|vie legali|azioni legali|denunci(?:a|o|ero|are)\b|querela|tribunale|polizia|carabinieri|garante (?:della )?privacy|dati personali|ha preso fuoco|mi sono (?:ferit|bruciat)\w+|allergi\w+|incinta|discriminazion\w+",
            # pt
            r"(?:meu |um )?advogad[oa]s?|procon\b|process(?:ar|arei) (?:voces|a empresa)|acao judicial|na justica|policia|denunci(?:ar|arei|o)\b|lgpd|dados pessoais|pegou fogo|me queimei|alergi\w+|gravida|discriminac\w+",
            # nl
            r"advocaat|juridische (?:stappen|procedure)|rechtbank|aangifte|politie|\bavg\b|consumentenbond|autoriteit persoonsgegevens|persoonsgegevens|schadeclaim|in brand|vlam gevat|gewond|allergi\w+|zwanger|discriminati\w+",
        )
    ),
    Flag.ANGRY: any_of(
        (
            r"f+u+c+k+\w*|f\*+\w*|bull ?shit|shit(?:ty|show)?\b|wtf\b|a+ss?holes?\b|bastards?\b|screw you|go to hell|piss(?:ed)? off|crap(?:py)?\b|damn\b",
            r"idiots?\b|morons?\b|imbeciles?|clowns\b|liars?\b|thieves\b|scammers?\b|scam artists?|incompeten\w+|jokers\b|stupid (?:company|people|support|service|answers?|bot)",
            r"you(?:r)?(?: \w+){0,3} (?:are|is|r) (?:\w+ )?(?:useless|pathetic|terrible|awful|horrible|garbage|trash|rubbish|a joke|ridiculous|worthless|a disgrace|disgusting)|u all are \w+",
            r"(?:worst|most (?:awful|horrible|terrible)) (?:\w+ ){0,2}(?:company|service|support|experience|customer|product|ever)|worst\b(?: \w+){0,4} ever|(?:terrible|horrible|awful|appalling|atrocious|abysmal|disgusting|pathetic) (?:customer |support |company|service|experience|treatment)\w*",
            r"(?:what a|such a|absolute|complete|is a|total|a) (?:joke|disgrace|shambles|sham|farce|rip-?off|scam)\b|outrage(?:ous|d)|unacceptable|infuriat\w+|furious|livid|disgraceful|shameful|shame on|^\W*shame\b|shame!|appalled|disgusted|fed up|sick (?:and tired )?of|had enough|makes me sick",
            r"unbelievable[.!]|(?:i|we) (?:\w+ )?hate (?:you|your|this company)|hate!|never (?:again|ever)\b(?: \w+){0,4}(?:buy|order|use|shop|business|customer)?|(?:lost|losing|taking) (?:my|our) business|(?:done|through) with (?:you|your|this company)",
            r"[😡🤬👿🖕]",
            r"saftladen|frechheit|unverschamt\w*|lacherlich|inkompetent\w*|idioten|unfassbar|schweinerei|zum kotzen|stinksauer|scheiss\w*|katastrophal\w*|sauerei|(?:schlechteste[rs]?|mieseste[rs]?) \w+|nie wieder|verarscht|abzocke",
            r"merde|putain|honteux|scandaleux|une honte|arnaque\w*|incompetent\w*|inadmissible|ras[- ]le[- ]bol|foutage de gueule|lamentable|vous etes (?:nuls?|des)|plus jamais|du vol\b|furieu[sx]e?",
            r"mierda|inutiles|verguenza|estafa\w*|peor (?:servicio|empresa|atencion)|pesim[oa]|indignante|un asco|joder|ladrones|sinverguenza\w*|nunca mas|incompetentes",
            r"vergogn\w+|schifo\w*|merda|cazzo|incompetent\w*|truffa\w*|ladri\b|pessim[oa] \w+|ridicol[oi]|mai piu|indecente|inaccettabile",
            r"lixo\b|uma vergonha|vergonhos\w+|absurdo|ladroes|pessim[oa]\b|palhacada|porcaria|incompetentes|nunca mais|ridicul[oa]|inaceitavel",
            r"belachelijk\w*|waardelo(?:os|ze)|schandalig\w*|klote\w*|oplicht\w*|idioten|schande\w*|nooit meer|onacceptabel|woedend|te gek voor woorden",
        )
    ),
    Flag.URGENT: any_of(
        (
            r"urgent(?:ly)?\b|urgency\b|asap\b|emergency\b|(?:please|need\w*|must|help|fix|respond|reply|answer|call|refund|stop|freeze|block|cancel|act|resolve\w*|require\w*)(?: \w+){0,5} (?:immediately|right away|straight ?away)|immediate (?:help|assistance|attention|action|response|reply)|time[- ](?:critical|sensitive)|top priority|high priority|critical (?:issue|problem|for us)|can(?:'t|not) wait",
            r"(?:needs?|must|have to|has to)(?: \w+){0,5} (?:right now|today|tonight|this (?:morning|afternoon|evening)|within the hour)\b|help!!|please hurry|hurry up",
            r"(?:starts?|begins?|opens?|leav\w+|due|takes? off|flight|demo|talk|presentation|meeting|deadline|go(?:es)? live|launch\w*)(?: \w+){0,4} (?:in|at|by|within) (?:\d+|an|one|two|three|a few) ?(?:minutes?|mins?|hours?|hrs?|h|am|pm|o'clock)?\b",
            r"(?:production|live system|server|site|website|shop|store|business|network|everything|system|line|factory|checkout|payments?)(?: line| site| system)? (?:is|are|has been|have been|went|goes) (?:\w+ )?(?:down|offline|dead|standing still|stopped)|(?:los(?:e|ing)|costing us) (?:money|customers|sales|revenue)|no users? (?:can|is able)|deadline (?:is )?(?:today|tonight|tomorrow|in)\b|outage",
            r"dringend\w*|es eilt|eilig\w*|sofort\w*|notfall|umgehend|unverzuglich|schnellstmoglich|brennt",
            r"urgent\w*|urgence|au plus vite|immediatement|le plus (?:vite|rapidement) possible|des que possible",
            r"urgente\w*|urgencia|cuanto antes|lo antes posible|inmediat\w+|emergencia|con urgencia",
            r"urgenza|al piu presto|immediatamente|subito|emergenza|il prima possibile",
            r"urgencia|o quanto antes|o mais rapido possivel|imediat[ao]\w*|emergencia",
            r"spoed\w*|dringend|onmiddellijk|noodgeval|zo (?:snel|spoedig) mogelijk|haast",
        )
    ),
    Flag.CANCEL_OR_REFUND: any_of(
        (
            r"cancel(?:l?ing|l?ed|lation)? (?:of )?(?:my|our|the|this|that|it|an?|her|his) ?(?:\w+ ){0,3}?(?:subscription|order|membership|account|plan|contract|transfer|payment|booking|reservation|renewal|service|purchase|policy|licen[cs]e|trial|prime|it)\b|(?:want|need|like|wish|time|go|going|trying|tried|able|how|like) to cancel\b|(?:please|kindly|to) cancel (?:my|our|it|the|this)|(?:need\w*|must|should) (?:to )?be cancell?ed|cancell?ing (?:my|our)|i(?: am|'m) cancell?ing",
            r"refund (?:me|us|my|our|the (?:money|amount|difference|order|payment)|it|this|claim|request)|(?:want|need|get|give|request\w*|claim\w*|demand\w*|receive\w*|await\w*|waiting for|expect\w*|like|have|had|owed|due|issue|my|our|full|partial|no|for) (?:\w+ ){0,2}refund(?:s|ed)?\b|not refunding|refund!|(?:be|been|get) refunded|money back|(?:still|yet|received|got) (?:no|not|any|n't) (?:\w+ ){0,2}(?:money|refund)|reimburse\w*|give (?:me|us) back (?:my|our)",
            r"(?:still |got |was |been |being |getting |were |get |i'm |am |i've been |just )(?:\w+ )?(?:charged|billed)\b(?! (?:up|with|to (?:100|full)|the battery))|charged (?:me|us|my|our)\b|(?:you|they|company)(?: \w+){0,3} (?:charged|charging|billed)\b|(?:double|over|wrongly|twice|incorrectly)[- ]?(?:charg|bill)\w+|charg\w+ (?:\w+ ){0,4}(?:twice|again|more than once|two times|double)|(?:dispute|contest|query) (?:a |the |this |these |my )(?:\w+ )?(?:charge|payment|bill|invoice|transaction)s?",
            r"(?:do not|don't|not to|stop|turn off|without) (?:auto-?)?renew\w*|(?:wouldn't|would not) be renewed|(?:close|delete|terminate|deactivate) (?:my|our|her|his|their|the|this) (?:\w+ )?account|(?:terminate|end|quit) (?:my|our|the|this) (?:contract|subscription|membership|plan)|return (?:my|the|this|it) (?:\w+ ){0,3}(?:and|for) (?:get )?(?:a |my )?(?:refund|money)",
            r"kundige|kundigung|kundigen|storn(?:iere?n?|ierung|o)\b|geld zuruck|(?:ruck)?erstatt\w+|widerruf\w*|(?:doppelt|falschlich|zu unrecht) (?:abgebucht|belastet|berechnet)|abgebucht",
            r"resili\w+|annuler (?:ma|mon|l'|la|cette|notre) ?\w*|annulation de (?:ma|mon)|(?:me|nous) (?:faire )?rembours\w+|(?:mon|un|le) remboursement|etre rembourse\w*|preleve (?:deux fois|a tort)|supprimer mon compte",
            r"cancelar (?:mi|el|la|mis|nuestra?|un) ?\w*|(?:un|el|mi) reembolso|reembols(?:en|ar|o)\w*|devuelv\w+(?: \w+){0,2} (?:dinero|importe)|(?:mi|el) dinero|me (?:han |estan )?cobr(?:aron|ado|ando)|cobro (?:doble|duplicado|indebido)|(?:cerrar|eliminar) mi cuenta",
            r"disdire|disdetta|rimbors\w+|annullare (?:il|l'|la|un) ?\w*|recesso|soldi indietro|addebitat\w+|(?:chiudere|cancellare) (?:il mio|l') ?account",
            r"cancelar (?:o|a|meu|minha|um|uma) ?\w*|cancelamento d|reembols\w+|estorno|dinheiro de volta|cobrad[oa] (?:duas vezes|indevid\w+|em dobro)|encerrar minha conta",
            r"geld terug|terugbetal\w+|restitutie|opzegg\w+|zeg (?:\w+ ){0,4}op\b|(?:bestelling|abonnement|order) annuler\w+|annuleer\w*|dubbel (?:afgeschreven|betaald)",
        )
    ),
    Flag.SECURITY_INCIDENT: any_of(
        (
            r"(?:been|was|were|got|is|have|has|being|i'm|are|get) (?:\w+ )?(?:hacked|hijacked|compromised|breached|phished|cloned)|(?:my|our|the|his|her) (?:\w+ ){0,3}(?:hacked|hijacked|compromised)|like hijacked|hackers?\b(?: \w+){0,4} (?:my|our|got|into|access)|hacked (?:my|our|into)",
            r"(?:some ?(?:one|body)|a stranger|stranger|an intruder|strangers|attackers?|hackers?|people|they|he|she|who)(?: else)? (?:\w+ ){0,4}?(?:got|gets?|get|gain\w*|access\w*|using|used|uses|logg\w+|log|broke|break\w*|stole|steal|stealing|chang\w+|taken|took|entered|hijack\w*)(?: \w+){0,3} (?:my|our|the|this|in(?:to)?)(?: \w+){0,2} (?:accounts?|e-?mails?|profile|password|cards?|phone number|identity|network|system|data|server|router|details)",
            r"stolen (?:\w+ )?(?:account|card|identity|password|data|credentials|device|laptop|phone number)|(?:steal|stole|stealing) my (?:\w+ )?(?:account|card|identity|password|data|phone number|number|details)|(?:account|identity|password|data|card details|credentials|phone number) (?:was|were|has been|have been|got|is|been) (?:\w+ )?(?:stolen|leaked|taken over|exposed|given away|published)|account take-?over|(?:gave|give|given) (?:\w+ ){0,2}(?:phone number|data|address|details|password) away|(?:gave|leaked|exposed|published) (?:\w+ )?(?:my|our) (?:\w+ )?(?:data|number|details|password|address|e-?mails?)",
            r"phish\w*|spear-?phish\w*|spoof(?:ed|ing) (?:e-?mail|mail|your)|(?:suspicious|fake|scam|fraudulent|strange|weird) (?:e-?mails?|mails?|messages?|sms|texts?|log-?ins?|sign-?ins?|activity|links?|calls?|charges?|website)|(?:e-?mail|mail|message|sms|text|call)(?: \w+){0,7} (?:asking|asked|asks|wanting) (?:me )?(?:for|to (?:enter|give|confirm|verify))(?: \w+){0,3} (?:credit card|card|password|bank|pin|login|log-in|ssn|account) ?\w*",
            r"unauthori[sz]ed (?:\w+ )?(?:access|log-?in|charges?|transactions?|purchases?|payments?|use|activity|change)|unknown (?:log-?in|charge|device|transaction|sign-?in|user)|(?:log-?ins?|sign-?ins?|charges?|purchases?|orders?|transactions?|payments?|devices?|app)(?: \S+){0,8}? (?:was ?n't me|not me|wasnt me|not mine|(?:i|we) (?:did ?n't|never|did not) (?:make|made|place|do|order|authori[sz]e|recogni[sz]e)\w*|(?:i|we) (?:do ?n't|do not) (?:recogni[sz]e|even know|know))|(?:was ?n't|was not|wasnt) me\b",
            r"(?:data|security|privacy) breach|data (?:leak|was leaked|theft)|(?:see|saw|seeing|read|reading|access|shows? me|view|shown)(?: \w+){0,3} (?:(?:an)?other|different|someone else'?s?|somebody else'?s?|other people'?s?|foreign)(?: (?:customer|user|person|people|client|account|compan)\w*'?s?)? (?:\w+ )?(?:invoices?|data|orders?|accounts?|details|mails?|e-?mails?|address\w*|information|files|profile|documents?)",
            r"fraudulent(?:ly)? (?:charg|transact|purchas|order|payment|withdraw)\w*|charged fraudulently|(?:dispute|report|reporting|victim of) (?:a |the |this |credit card |identity )*(?:fraud|identity theft)",
            r"(?:found|discovered|report(?:ing)?|disclos\w+|exploit\w*)(?: \w+){0,4} (?:vulnerabilit(?:y|ies)|security (?:hole|flaw|bug|issue)|xss|sql injection|exploit)|vulnerabilit(?:y|ies) (?:in|of|on) (?:one of )?your|security researcher|responsible disclosure|bug bounty|ransomware|(?:infected|hit|attacked) (?:with|by)(?: \w+){0,2} (?:malware|virus|trojan|ransomware)|(?:contains?|has|have|is|downloaded|installed|found|detect\w*)(?: \w+){0,2} (?:malware|trojan|spyware|keylogger)",
            r"(?:an |under |cyber ?)attack (?:on|against|from)|(?:clicked|opened|followed|typed|entered|gave)(?: \S+){0,12}? (?:typed|entered|gave|given|put|filled)(?: \w+){0,3} (?:password|card|pin|details|credentials|login)|sim[- ]?swap\w*|brute[- ]?force\w*|ddos",
            r"gehackt|phishing|unbefugte?\w*|fremde[rn]? (?:zugriff|anmeldung|login|zugang)|jemand (?:\w+ ){0,5}(?:konto|account|passwort|eingeloggt|zugriff|zugang)|datenleck|datenpanne|verdachtige \w+|sicherheitslucke|(?:konto|account|daten|identitat|passwort)(?: \w+){0,3} (?:gestohlen|missbraucht|ubernommen|geknackt)|daten (?:anderer|eines anderen|fremder) kunden",
            r"pirat(?:e|er|age|ee)\b|hameconnage|hack(?:e|er|ee)\b|usurp\w+|fuite de donnees|(?:mail|message|courriel|connexion|activite) suspect\w*|(?:vole|volee?s?) (?:mon|ma|mes) \w+|(?:compte|mot de passe|identite|donnees)(?: \w+){0,3} vole\w*|faille de securite|quelqu'un (?:\w+ ){0,4}(?:mon compte|connecte|acces)",
            r"hacke\w+|jaque\w+|(?:me )?roba(?:ron|do|da|n)\w*(?: \w+){0,2} (?:cuenta|tarjeta|identidad|contrasena|datos)|suplant\w+|(?:correo|mensaje|email|acceso|actividad) (?:sospechos|fals)\w*|alguien (?:\w+ ){0,3}(?:entro|accedio|entrado|accedido|usa|usando|usado)(?: \w+){0,3} cuenta|filtracion de datos|estafa (?:por|con|en) |di mi contrasena",
            r"hackerat\w*|(?:mail|email|messaggio|accesso|attivita) sospett\w*|qualcuno (?:\w+ ){0,3}(?:entrato|usato|accede|acceduto|usando)\b|(?:rubato|rubata|rubati)(?: \w+){0,3} (?:account|carta|password|dati|identita)|(?:account|carta|password|dati|identita)(?: \w+){0,3} rubat\w+|violazione dei dati|account violat\w*",
            r"hackead\w+|hackearam|invadi(?:ram|da|do|u)\b(?: \w+){0,3}(?:conta)?|roubaram(?: \w+){0,3}|clonaram|(?:e-?mail|mensagem|acesso|atividade) suspeit\w*|alguem (?:\w+ ){0,3}(?:entrou|acessou|usando|usou)|vazamento de dados|cai (?:em|num) (?:um )?golpe",
            r"gehackt|verdachte (?:mail|e-?mail|sms|inlog\w*|activiteit|bericht)|iemand (?:\w+ ){0,5}(?:account|ingelogd|toegang|wachtwoord)|datalek|(?:account|gegevens|identiteit|wachtwoord|kaart)(?: \w+){0,3} gestolen|ingebroken|beveiligingslek",
        )
    ),
    Flag.VULNERABLE: any_of(
        (
            r"suicid\w*|(?:kill|hurt|harm|cut|cutting|hurting|harming) (?:myself|himself|herself|themselves)|(?:end|ending|take|taking) (?:my|his|her) (?:own )?life|end it all|self[- ]harm\w*|(?:i|he|she) (?:just |really )?(?:want|wants|wanted|wish\w*) (?:to die|(?:i|he|she) (?:was|were) dead)|better off dead|(?:can't|cannot|can not) (?:go on|take it|cope|live)(?: like this| with this)? ?(?:any ?(?:more|longer))|(?:no|any|don't see a) reason to (?:live|go on)|(?:don't|not|no longer)(?: \w+){0,3} (?:want to|wanna) (?:live|be alive|be here any)",
            r"(?:abusive|violent) (?:\w+ )?(?:husband|wife|partner|ex|boyfriend|girlfriend|father|mother|relationship|home)|domestic (?:violence|abuse)|(?:being|been|am|is|was) (?:stalked|abused|beaten|raped)|stalk(?:er|ing|s)\b|(?:beats|hits) me|fear for my (?:life|safety)|(?:in|into) a (?:women'?s )?shelter",
            r"dementia|alzheimer\w*|terminal(?:ly)? (?:ill|illness|cancer)|(?:has|have|with|diagnosed with|battling|fighting|treatment for|from|got) (?:\w+ )?cancer\b|chemo(?:therapy)?\b|palliative|hospice|intensive care|life support|(?:depression|depressed|panic attacks?|eating disorder|mental breakdown)\b|had a stroke|disabled and|seriously ill|gravely ill|critically ill",
            r"(?:my|our|his|her|the) (?:\w+ )?(?:mother|father|mum|mom|dad|husband|wife|partner|son|daughter|brother|sister|grand\w+|child|baby|uncle|aunt|friend|parents?|spouse|colleague|customer|account holder)(?: \w+){0,3} (?:died|passed away|passed|deceased|is dying|was killed)\b|passed away|bereave\w+|widow(?:ed|er)?\b|funeral|(?:since|after|about) (?:the|his|her) death",
            r"homeless|(?:lost|losing|lose) (?:my|our) (?:home|house|job and)|(?:house|home|flat|apartment)(?: \w+){0,2} (?:was |got |has been |is )?(?:destroyed|burn(?:ed|t) down|flooded|washed away)|evict\w*|(?:have|has)(?:n't| not) eaten|(?:can't|cannot|no money to|no money for) (?:afford |buy |feed )?(?:food|to eat|my (?:kids|children|family))|starving|(?:nothing|no food) (?:left )?to eat|go hungry|live on the street",
            r"(?:my|our|a|the) (?:\w+ )?(?:\d{1,2}|[a-z]+)[- ]year[- ]olds?\b(?: \S+){0,14}? (?:stranger|photos?|pictures|predator|inappropriate|groom\w*|naked)|child(?:ren)? (?:is |are )?(?:in danger|at risk|being abused)",
            r"nicht mehr (?:leben|weiterleben)|umbringen|selbstmord|suizid\w*|das leben nehmen|keinen? (?:sinn|ausweg) mehr|weiss nicht mehr weiter|demenz\w*|verstorben\w*|(?:mutter|vater|mann|frau|sohn|tochter|bruder|schwester|oma|opa|mama|papa)(?: \w+){0,5} gestorben|krebs(?:erkrankt|krank|diagnose)|an krebs|obdachlos|hausliche gewalt|schwer krank|nichts (?:mehr )?zu essen|gestalkt",
            r"(?:envie|veux|voudrais) (?:de )?mourir|suicid\w*|plus (?:envie|la force) de vivre|veux plus vivre|decede\w*|deces de|(?:mere|pere|mari|femme|fils|fille|frere|soeur)(?: \w+){0,3} (?:est |vient de )?(?:mort|mourir)e?\b|un cancer|demence|sans[- ]abri|violences? (?:conjugal\w+|domestiques?)|rien a manger",
            r"quiero morir\w*|no quiero (?:seguir )?viv\w+|(?:seguir|ganas de) viv\w+|suicid\w*|quitarme la vida|fallec\w+|(?:madre|padre|marido|esposa|esposo|hijo|hija|hermano|hermana|abuel[oa])(?: \w+){0,3} murio|murio mi|cancer\b|demencia|desahuci\w+|sin (?:hogar|techo)|maltrat\w+|violencia (?:de genero|domestica)|nada (?:para|que) comer",
            r"voglio morire|non voglio (?:piu )?vivere|(?:voglia|ragione) di vivere|suicid\w*|togliermi la vita|decedut\w+|(?:madre|padre|marito|moglie|figlio|figlia|fratello|sorella|nonn[oa])(?: \w+){0,3} (?:mort[oa]|mancat[oa])|e mort[oa]|cancro|tumore|demenza|senzatetto|sfratt\w+|violenza domestica",
            r"quero morrer|nao (?:quero|aguento) (?:mais )?viver|vontade de viver|suicid\w*|tirar (?:a )?minha vida|falec\w+|(?:mae|pai|marido|esposa|filho|filha|irmao|irma|avo)(?: \w+){0,3} morreu|cancer\b|demencia|despejad\w+|sem[- ]teto|violencia domestica|nada para comer",
            r"wil (?:niet meer leven|dood)|niet meer (?:willen )?leven|zelfmoord|zelfdoding|overleden|(?:heeft|heb) kanker|dementie|dakloos|huiselijk geweld|gestalkt|niets te eten",
        )
    ),
}
"""The phrases of each flag; product.md §2.3 and §9 say what a flag leads to."""

DAMAGE = any_of(
    (
        r"production(?: line| system| site)? (?:is |has |went )?(?:\w+ )?(?:down|stopp\w+|offline)|outage|los(?:e|ing) (?:money|customers|sales|data)|data (?:loss|lost)|(?:caught|on) fire|smoke|burn(?:s|ed|t|ing)\b|electric(?:al)? shock|explod\w+|(?:battery|charger|device|unit|board|it) (?:\w+ ){0,6}burst|injur\w+|danger(?:ous)?\b|everything is down|all (?:our )?(?:users|customers|sites|machines) (?:are )?(?:affected|down|offline)",
        r"produktion steht|datenverlust|brand\b|rauch\b|gefahr\w*|en panne totale|perte de donnees|incendie|danger\w*|perdida de datos|incendio|peligr\w+|perdita di dati|pericol\w+|perda de dados|perig\w+|gegevensverlies|gevaar\w*|brand(?:t)?\b",
    )
)
"""Damage, safety, production down: urgency 2."""

BLOCKED = any_of(
    (
        r"(?:can(?:'t|not| not)|unable to|could(?:n't| not)|not able to|no longer) (?:\w+ )?(?:log|sign|access|use|work|open|connect|upload|start|boot|pay|order|install|reach|get (?:in|into))\w*|locked out|blocked|stuck\b|deadline|(?:by|until|before|on) (?:monday|tuesday|wednesday|thursday|friday|tomorrow|tonight|next week|the end of)|(?:need|needed) (?:\w+ ){0,3}(?:today|tomorrow|tonight|soon|quickly)",
        r"(?:kann|konnen) (?:\w+ ){0,4}nicht (?:\w+ )?(?:anmelden|einloggen|nutzen|arbeiten|offnen|verbinden|hochladen|starten)|gesperrt|bis (?:montag|dienstag|mittwoch|donnerstag|freitag|morgen|ende)|impossible de|bloque\w*|no puedo (?:entrar|acceder|usar|abrir)|bloquead\w+|non (?:riesco|posso) (?:a )?\w+|bloccat\w+|nao (?:consigo|posso) \w+|bloquead\w+|(?:kan|kunnen) (?:\w+ ){0,3}niet (?:\w+ )?(?:inloggen|gebruiken|openen|werken)|geblokkeerd",
    )
)
"""Blocked, or with a date: urgency 1."""

TROUBLE = any_of(
    (
        r"(?:does|do|did|is|are|was|were|has|have|wo|ca|could)(?:n't| not|nt)\b|can ?not\b|cant\b|dont\b|doesnt\b|not (?:work|able|recogni[sz]|found|possible|respond|load|show|receiv|appear|connect|detect|boot|charg|start)\w*|unable|error\w*|fail\w*|problem\w*|issues?\b|trouble\w*|broken|crash\w*|stuck|freez\w*|frozen|hangs?\b|missing|wrong\b|locked out|no longer|nothing happens|never (?:arriv|got|receiv)\w*|stopp?ed|keeps? \w+ing|disconnect\w*|expired|invalid|denied|refus\w*|reject\w*|dead\b|faulty|defective|damaged|lost\b|bug\b|slow\b|timed? ?out",
        r"(?:funktioniert|geht|klappt|startet|ladt|lasst|kommt|erkannt|wird|kann|ist)(?: \w+){0,6} nicht\b|fehler\w*|kein\w* (?:verbindung|zugriff|reaktion)|kaputt|defekt|absturz\w*|abgesturzt|gesperrt|probleme?\b|fehlt\b",
        r"ne (?:\w+ )?(?:marche|fonctionne|s'ouvre|demarre|charge|peux|parviens|repond)\w* (?:\w+ )?pas|n'(?:arrive|ai|est|a) pas|erreur|probleme|panne|bloque\w*|impossible|defectu\w+",
        r"no (?:me )?(?:funciona|puedo|carga|abre|aparece|reconoce|deja|conecta|enciende|llega)\w*|error\w*|problema\w*|falla\w*|fallo|roto|bloquead\w+|defectuos\w+",
        r"non (?:\w+ )?(?:funziona|riesco|posso|va|carica|si apre|parte|riconosce|arriva)\w*|errore|problem\w+|guast\w+|bloccat\w+|rotto",
        r"nao (?:\w+ )?(?:funciona|consigo|abre|carrega|aparece|reconhece|liga|chegou)\w*|erro\b|problema\w*|falha\w*|travou|travad\w+|quebrad\w+",
        r"(?:werkt|doet|kan|lukt|start|laadt|opent|komt)(?: \w+){0,5} niet|fout\w*|probleem|problemen|storing|kapot|geblokkeerd|vastgelopen",
    )
)
"""Something does not do what it should."""

_VERBS = (
    r"(?:cancel|refund|delete|remove|change|update|correct|reset|resend|re-send|send|ship|replace|exchange|activate|deactivate|unlock|unblock|restore|extend|upgrade|downgrade|transfer|merge|issue|reissue|grant|approve|process|expedite|track"
    r"|close|add|enable|disable|credit|waive|forward|confirm|verify|investigate|quote|ring|call|register|book|reserve|renew|unsubscribe|reimburse|lift|whitelist|give)"
)
SERVICE = any_of(
    (
        rf"(?:please|kindly|pls|plz) {_VERBS}\b(?! (?:me )?(?:know|how|an example|some advice|instructions))(?! if\b)",
        rf"(?:can|could|would|will) (?:you|someone|somebody|anyone|your team)(?: guys)?(?: please| kindly| maybe| possibly)? {_VERBS} (?:my|our|me|us|the|this|it|that|an?|one|another|new|these)\b(?! (?:link to|link for|hint|idea|tip|list of|tell|guide|example))",
        rf"(?:i|we)(?:'d| would)? (?:want|need|like|ask|request) (?:you|someone) to {_VERBS}|(?:i|we) (?:hereby )?(?:request|demand|cancel|terminate|wish to cancel)\b|(?:i'd|i would|we'd|we would) like (?:a refund|to cancel|my money|an? (?:invoice|quote|replacement|copy|exchange|return label))|do not renew (?:my|our)|i want my money|(?:want|need) (?:a|my) (?:refund|replacement|invoice|return label)",
        r"bitte (?:\w+ ){0,6}(?:loschen|kundigen|stornieren|andern|zurucksetzen|zusenden|schicken|senden|erstatten|freischalten|entsperren|ersetzen|aktivieren|ubertragen)|bitte (?:loschen|stornieren|andern|senden|schicken|erstatten|ersetzen|entsperren) sie|(?:konnen|konnten|wurden) sie (?:\w+ ){0,6}(?:loschen|kundigen|stornieren|andern|zurucksetzen|zusenden|zuschicken|erstatten|freischalten|entsperren|ersetzen)|hiermit (?:kundige|widerrufe|storniere)",
        r"(?:merci de|veuillez|pouvez-vous|pourriez-vous|je vous demande|je souhaite)(?: (?:me|m'|nous|bien|bien vouloir|de|la|le|l'))* ?(?:supprim|annul|rembours|modifi|changer|renvoy|envoy|remplac|activ|debloqu|resili|suppression|annulation|transfer)\w*",
        r"(?:por favor,? )?(?:pueden|puede|podrian|podria|quiero|necesito) (?:que )?(?:me )?(?:cancel|reembols|elimin|borr|cambi|devuelv|devolver|envi|reenvi|activ|desbloque|reemplaz)\w*|(?:cancelen|reembolsen|devuelvan\w*|eliminen|envienme|cambien)\b",
        r"(?:vi prego di|potete|potreste|vorrei|chiedo(?: di)?|desidero) (?:\w+ )?(?:cancell|annull|rimbors|disdire|modific|cambiar|inviar|rispedir|sostitu|attiv|sblocc|eliminar|il rimborso)\w*",
        r"(?:por favor,? )?(?:podem|pode|poderiam|quero|gostaria de|preciso) (?:que )?(?:\w+ )?(?:cancel|reembols|exclu|apag|alter|troc|envi|reenvi|ativ|desbloque|substitu)\w*|(?:cancelem|reembolsem|removam|enviem)\b",
        r"(?:kunt u|kunnen jullie|wilt u|willen jullie|graag|ik wil) (?:\w+ ){0,5}(?:annuler|verwijder|terugbetal|wijzig|opsturen|toesturen|vervang|activer|deblokker|opzegg|omruil)\w*|ik wil mijn geld terug",
    )
)
"""Asks us to do what only staff can do."""

PLEASED = any_of(
    (
        r"thank\w*|thx|tnx|thanx|cheers|appreciat\w+|perfect\w*|great\b|awesome|excellent|brilliant|amazing|helpful|lovely|fantastic|wonderful|love (?:it|this|your)|happy\b|glad\b|works (?:fine|great|well|perfectly)",
        r"danke\w*|vielen dank|super\b|prima\b|toll\b|perfekt|merci|parfait\w*|genial|excellente?|gracias|perfecto|grazie|perfetto|ottimo|obrigad\w+|valeu|perfeito|otimo|bedankt|geweldig|fijn\b|dank\b",
        r"[👍😊🙂😀🙏❤🎉]|:-?\)",
    )
)
DISPLEASED = any_of(
    (
        r"disappoint\w+|frustrat\w+|annoy\w+|unhappy|dissatisf\w+|useless|terrible|awful|horrible|ridiculous|poor (?:service|support|quality)|still (?:no|not|waiting)|again and again|(?:for|after) (?:weeks|months)|(?:no one|nobody) (?:care|answer|respond|help)\w*|waste of|regret|complain\w*|unacceptable|not happy|third time|several times already",
        r"enttausch\w+|arger\w+|genervt|frustrier\w+|unzufrieden|schlecht\w*|decu\w*|enerv\w+|mecontent\w*|inacceptable|decepcion\w+|molest\w+|harto|delus\w+|stufo|insoddisfatt\w+|decepcionad\w+|insatisfeit\w+|chatead\w+|teleurgesteld|ontevreden|geirriteerd|slecht\w*",
        r"[😞😠☹😩😒]|:-?\(",
    )
)
