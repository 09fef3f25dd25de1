"""Pure. What forms call their fields, in seven languages, and how they say how bad it is."""

from collections.abc import Mapping

_LABELS = {
    "customer": "email, e-mail, mail, email address, e-mail address, your email, your e-mail, from, e-mail-adresse,"
    " email-adresse, ihre e-mail, ihre e-mail-adresse, deine e-mail, adresse e-mail, adresse email, votre e-mail,"
    " votre email, courriel, correo, correo electrónico, tu correo, su correo electrónico, indirizzo e-mail,"
    " indirizzo email, la tua email, posta elettronica, endereço de e-mail, seu e-mail, seu email, correio eletrónico,"
    " e-mailadres, uw e-mail, uw e-mailadres, je e-mail",
    "name": "name, your name, full name, first name, last name, contact name, ihr name, vorname, nachname, dein name, nom,"
    " prénom, votre nom, nom complet, nombre, apellido, apellidos, su nombre, tu nombre, nome, cognome, nome e cognome,"
    " il tuo nome, sobrenome, seu nome, nome completo, naam, voornaam, achternaam, uw naam",
    "product": "product, product name, model, device, produkt, modell, gerät, produit, modèle, appareil, producto, modelo,"
    " dispositivo, prodotto, modello, produto, apparaat, produktname",
    "severity": "severity, priority, urgency, impact, schweregrad, priorität, dringlichkeit, gravité, priorité, urgence,"
    " gravedad, prioridad, urgencia, gravità, priorità, urgenza, gravidade, prioridade, urgência, ernst, prioriteit,"
    " urgentie",
    "subject": "subject, topic, title, betreff, thema, sujet, objet, asunto, tema, oggetto, argomento, assunto, onderwerp",
    "text": "message, your message, description, comment, comments, question, details, how can we help, nachricht,"
    " ihre nachricht, beschreibung, frage, anliegen, mitteilung, votre message, description du problème, commentaire,"
    " mensaje, su mensaje, tu mensaje, descripción, comentario, consulta, messaggio, il tuo messaggio, descrizione,"
    " richiesta, mensagem, sua mensagem, descrição, pergunta, bericht, uw bericht, omschrijving, vraag, opmerking",
    "phone": "phone, phone number, telephone, mobile, tel, telefon, telefonnummer, handy, rufnummer, téléphone, portable,"
    " teléfono, móvil, telefono, cellulare, telefone, celular, telemóvel, telefoon, telefoonnummer, mobiel",
}
#: Label → what stands beside it (daemon/settings.py `FieldName`).
KNOWN: Mapping[str, str] = {
    label.strip(): kind for kind, labels in _LABELS.items() for label in labels.split(",") if label.strip()
}

_SEVERITIES = {
    "high": "high, highest, urgent, very urgent, critical, blocker, emergency, severe, major, p1, p0, sev1, hoch,"
    " sehr hoch, dringend, kritisch, notfall, élevé, élevée, haute, critique, alto, alta, crítico, crítica, muy alta,"
    " urgente, critico, critica, hoog, zeer hoog, kritiek, spoed",
    "normal": "normal, medium, moderate, p2, sev2, mittel, moyen, moyenne, normale, media, medio, média, médio, gemiddeld,"
    " normaal",
    "low": "low, lowest, minor, trivial, p3, p4, sev3, sev4, niedrig, gering, faible, basse, baja, bajo, bassa, basso,"
    " baixa, baixo, laag",
}
#: What a form calls it → priority.
SEVERITIES: Mapping[str, str] = {
    word.strip(): priority for priority, words in _SEVERITIES.items() for word in words.split(",")
}
