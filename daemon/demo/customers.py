"""Pure. Who writes to Tapir, a maker of label printers: what they send, and how they react to what they get.

Their mails are written as people write, not as the articles do. What Firstline makes of them is not arranged anywhere.
"""

from daemon.demo.clients import Client
from daemon.demo.correspondents import Customer, Machine, Reaction
from store.records import Role
from threading_.message import Address

QUEUE = Address("Tapir support queue", "queue@tapir.example")

_ANSWER = (Role.REPLY, Role.OFFER)

_VACATION = Machine(
    after=_ANSWER,
    template="""
From: Jonas Weber <jonas.weber@weber-versand.example>
To: {to}
Subject: Automatic reply: {subject}
Date: {date}
Message-ID: <{token}@weber-versand.example>
In-Reply-To: <{message_id}>
References: {references}
Auto-Submitted: auto-replied (vacation)
X-Auto-Response-Suppress: All
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Thank you for your message. I am out of the office until Monday and will read it then.
In urgent cases please call our warehouse: 0351 5550137.

Jonas Weber
""",
)

_BOUNCE = Machine(
    template="""
From: Mail Delivery System <MAILER-DAEMON@mx3.kurierpost.example>
To: support@tapir.example
Subject: Undelivered Mail Returned to Sender
Date: {date}
Message-ID: <{token}@mx3.kurierpost.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="{token}"

--{token}
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx3.kurierpost.example.

I'm sorry to have to inform you that your message could not be delivered
to one or more recipients.

<depot.leipzig@kurierpost.example>: user unknown

--{token}
Content-Type: message/delivery-status

Reporting-MTA: dns; mx3.kurierpost.example
Arrival-Date: {date}

Final-Recipient: rfc822; depot.leipzig@kurierpost.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 user unknown

--{token}
Content-Type: text/rfc822-headers

From: Tapir Support <support@tapir.example>
To: depot.leipzig@kurierpost.example
Subject: Parcel 8812 is still in your depot
Message-ID: <4f1c-8812@office.tapir.example>

--{token}--
""",
)

_NEWSLETTER = Machine(
    envelope_sender="bounce-2231@mailing.packdays.example",
    template="""
From: PackDays Trade Fair <news@packdays.example>
To: support@tapir.example
Subject: How do you label your growth? 12 ideas for your stand
Date: {date}
Message-ID: <{token}@mailing.packdays.example>
List-Unsubscribe: <https://packdays.example/u/2231>
List-Id: PackDays exhibitors <exhibitors.packdays.example>
Precedence: bulk
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Dear exhibitor,

what can you do to make visitors stop at your stand? Would you like to know how others do it?
Twelve short ideas, and early-bird prices until the end of the month:
https://packdays.example/ideas

Your PackDays team
You receive this mail because you were at PackDays before. Unsubscribe: https://packdays.example/u/2231
""",
)

CUSTOMERS: tuple[Customer, ...] = (
    Customer(
        address=Address("Marta Lindqvist", "marta@kallakeramik.example"),
        about="runs a pottery; a clear question",
        subject="Tapir One and new router",
        text=(
            "Hi there,\n\nwe got a new router on Friday, and since then my Tapir One is no longer connected and its light "
            "blinks orange. How do I connect the printer to the new Wi-Fi network?\n\nMany thanks"
        ),
        signature="Marta Lindqvist\nKalla Keramik, Göteborg",
        reactions=(
            Reaction(
                after=_ANSWER,
                text="That did it, thank you! The light is blue again and the first parcels are labelled.\n\nBest,",
            ),
        ),
    ),
    Customer(
        address=Address("Oliver Brandt", "oliver.brandt@posteo.example"),
        about="in a hurry; says next to nothing",
        client=Client.IPHONE,
        subject="help",
        text="Hello, Studio does not see my printer any more. What can I do?",
        reactions=(
            Reaction(
                after=(Role.QUESTIONS,),
                text="It is the Tapir Go, over Bluetooth. Studio on my phone says that no printer was found.",
            ),
            Reaction(after=_ANSWER, text="Works again, thanks a lot!"),
        ),
    ),
    Customer(
        address=Address("Priya Raman", "p.raman@northgate-labs.example"),
        about="writes HTML alone, above a colleague's mail",
        client=Client.OUTLOOK,
        subject="FW: barcodes in the sample room",
        text=(
            "Dear Tapir team,\n\nplease see below. Our scanner cannot read the barcodes that the Tapir One prints. What "
            "should we change?\n\nKind regards"
        ),
        signature="Priya Raman\nLaboratory Manager, Northgate Labs",
        below=(
            "From: Daniel Osei <d.osei@northgate-labs.example>\nSent: {day} 08:51\n"
            "To: Priya Raman <p.raman@northgate-labs.example>\nSubject: barcodes in the sample room\n\n"
            "Hi Priya,\n\nthe scanner at the fridge beeps at every second label. Can you find somebody at the maker who "
            "knows? I have forty samples waiting, and the coffee machine on our floor is broken too.\n\nDan"
        ),
    ),
    Customer(
        address=Address("Jonas Weber", "jonas.weber@weber-versand.example"),
        about="asks, and leaves for his holiday",
        client=Client.OUTLOOK,
        subject="Postcodes from Excel",
        text=(
            "Good morning,\n\nwhen I print labels from an Excel spreadsheet, postcodes such as 01067 lose their "
            "leading zero. How can I keep it?\n\nRegards"
        ),
        signature="Jonas Weber\nWeber Versand GmbH",
        machines=(_VACATION,),
    ),
    Customer(
        address=Address("Mail Delivery System", "mailer-daemon@mx3.kurierpost.example"),
        about="a bounce of what a colleague wrote by hand",
        machines=(_BOUNCE,),
    ),
    Customer(
        address=Address("Henrik Solberg", "henrik@solbergfisk.example"),
        about="has had enough of machines",
        client=Client.THUNDERBIRD,
        subject="Third attempt",
        text=(
            "Hello,\n\nthis is my third mail about the cutter of our Tapir One, which tears the labels instead of cutting "
            "them. I do not want another link to a help page. Could a real person please call me, or at least write to "
            "me?"
        ),
        signature="Henrik Solberg\nSolberg Fisk AS · +47 22 55 01 90",
    ),
    Customer(
        address=Address("Chiara Bellini", "chiara.bellini@studiobellini.example"),
        about="was charged twice",
        subject="Charged twice for Plus",
        text=(
            "Hello,\n\nyou took 49 euros from my card on 3 November and again on 5 November for the same year of Studio "
            "Plus. I want the second payment back, and please cancel my subscription.\n\nThank you"
        ),
        signature="Chiara Bellini",
    ),
    Customer(
        address=Address("PackDays Trade Fair", "news@packdays.example"),
        about="a newsletter that asks questions",
        machines=(_NEWSLETTER,),
    ),
    Customer(
        address=Address("Ewa Nowak", "ewa.nowak@zielnik.example"),
        about="tries what we say, and it does not help",
        client=Client.THUNDERBIRD,
        subject="Label stuck",
        text=("Hello,\n\na label is stuck in my Tapir One and the light blinks red twice. How do I get it out?"),
        signature="Ewa Nowak\nZielnik, Kraków",
        reactions=(
            Reaction(
                after=_ANSWER,
                text="I did all of that, but it did not help: the light still blinks red.",
            ),
            Reaction(after=(Role.NUDGE,), text="Yes, it came out at last. Thank you, Ann, that solved it!"),
        ),
    ),
    Customer(
        address=Address("Tomás Rivera", "tomas@riveracafe.example"),
        about="asks what no article answers",
        client=Client.THUNDERBIRD,
        subject="Raspberry Pi at the packing table",
        text=(
            "Hi,\n\nthe computer at our packing table is a Raspberry Pi 4 with Debian 12, and our shipping program runs on "
            "nothing else. Is there a CUPS driver for the Tapir One on ARM, or does the printer understand ZPL when it is "
            "sent over the network? A colleague remembers that your older model did. If neither works, please tell me, "
            "then I stop looking."
        ),
        signature="Tomás Rivera",
    ),
)
