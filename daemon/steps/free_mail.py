"""Pure. Hosts at which everybody may have a mailbox: there the domain says nothing of who writes.

At a company, 20 mails an hour from one domain are a storm; at gmail.com they are 20 people who know nothing of each
other. The list names the hosts with the most mailboxes of each country; `[caps] free_mail` adds to it. A host that is
missing costs no person an answer: from the twenty-first an hour on, a human writes it.
"""

FREE_MAIL: frozenset[str] = frozenset(
    """
    gmail.com googlemail.com
    outlook.com outlook.de outlook.fr outlook.es outlook.it outlook.jp outlook.com.br outlook.com.au
    hotmail.com hotmail.co.uk hotmail.fr hotmail.de hotmail.es hotmail.it hotmail.nl hotmail.be hotmail.ca hotmail.com.br
    live.com live.co.uk live.fr live.de live.it live.nl live.be live.ca live.dk live.se live.no live.com.au msn.com passport.com
    yahoo.com ymail.com rocketmail.com myyahoo.com yahoo.co.uk yahoo.fr yahoo.de yahoo.es yahoo.it yahoo.ca yahoo.com.br
    yahoo.com.ar yahoo.com.mx yahoo.co.in yahoo.in yahoo.co.jp yahoo.co.id yahoo.com.au yahoo.com.tw yahoo.com.hk
    yahoo.com.sg yahoo.com.vn yahoo.com.ph yahoo.gr yahoo.ie yahoo.no yahoo.se yahoo.pl yahoo.ro
    aol.com aol.de aol.co.uk aim.com verizon.net att.net sbcglobal.net bellsouth.net comcast.net cox.net charter.net
    spectrum.net earthlink.net juno.com netzero.net windstream.net frontier.com optonline.net rr.com
    icloud.com me.com mac.com
    proton.me protonmail.com protonmail.ch pm.me tutanota.com tutanota.de tuta.io tuta.com keemail.me
    fastmail.com fastmail.fm hey.com zoho.com zohomail.com zohomail.eu mail.com email.com usa.com gmx.com hushmail.com
    posteo.de posteo.net mailbox.org disroot.org riseup.net mailfence.com startmail.com runbox.com duck.com
    gmx.de gmx.net gmx.at gmx.ch web.de t-online.de freenet.de arcor.de online.de vodafone.de 1und1.de kabelmail.de magenta.de
    aon.at chello.at a1.net bluewin.ch hispeed.ch sunrise.ch
    orange.fr wanadoo.fr free.fr sfr.fr neuf.fr laposte.net bbox.fr numericable.fr aliceadsl.fr club-internet.fr
    btinternet.com btopenworld.com sky.com virginmedia.com virgin.net ntlworld.com talktalk.net blueyonder.co.uk
    tiscali.co.uk plus.net o2.co.uk eircom.net
    libero.it virgilio.it tin.it alice.it tiscali.it inwind.it iol.it tim.it fastwebnet.it aruba.it email.it
    telefonica.net terra.es movistar.es ono.com
    sapo.pt clix.pt iol.pt netcabo.pt
    ziggo.nl kpnmail.nl kpnplanet.nl planet.nl home.nl xs4all.nl hetnet.nl upcmail.nl casema.nl quicknet.nl
    telenet.be skynet.be proximus.be
    uol.com.br bol.com.br terra.com.br ig.com.br globo.com globomail.com oi.com.br r7.com zipmail.com.br
    mail.ru bk.ru list.ru inbox.ru internet.ru yandex.ru yandex.com ya.ru rambler.ru ukr.net i.ua meta.ua
    wp.pl o2.pl onet.pl op.pl interia.pl interia.eu poczta.fm gazeta.pl tlen.pl vp.pl
    seznam.cz email.cz centrum.cz volny.cz post.cz atlas.cz azet.sk centrum.sk zoznam.sk
    freemail.hu citromail.hu t-online.hu abv.bg mail.bg dir.bg inbox.lv inbox.lt one.lt mail.ee hot.ee
    telia.com bredband.net spray.se comhem.se online.no start.no getmail.no jubii.dk mail.dk kolumbus.fi luukku.com
    suomi24.fi saunalahti.fi elisanet.fi
    otenet.gr forthnet.gr mynet.com hotmail.com.tr walla.com walla.co.il 012.net.il
    rediffmail.com sify.com indiatimes.com qq.com vip.qq.com foxmail.com 163.com 126.com yeah.net 139.com sina.com sina.cn
    sohu.com aliyun.com 21cn.com naver.com daum.net hanmail.net nate.com kakao.com
    docomo.ne.jp ezweb.ne.jp softbank.ne.jp i.softbank.jp au.com nifty.com biglobe.ne.jp ocn.ne.jp excite.co.jp
    hinet.net pchome.com.tw bigpond.com bigpond.net.au optusnet.com.au iinet.net.au tpg.com.au xtra.co.nz
    shaw.ca rogers.com sympatico.ca bell.net telus.net videotron.ca cogeco.ca prodigy.net.mx mweb.co.za telkomsa.net
    """.split()
)
