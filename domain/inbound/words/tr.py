"""Turkish. Folded: ı is i, ş is s."""

from domain.inbound.words.base import LanguagePatterns

_MAIL = (
    r"(?:(?:\w+ ){0,3}(?:e-?post\w*|e-?mail\w*|mail\w*|mesaj\w*|ileti\w*|bülten\w*|reklam\w*"
    r"|bilgilendirme\w*|spam\w*"
    r"|tanıtım\w*|bildirim\w*))"
)

WORDS = LanguagePatterns(
    commands=(
        r"(?:lütfen )?(?:abonelikten ç(?:ık|ıkar|ıkart|ıkmak|ıkarın|ıkar beni|ıkarın "
        r"beni)\w*(?: istiyorum)?|aboneliği iptal(?: et| edin)?"
        r"|aboneliğimi iptal edin|iptal|çıkar|çıkarın|listeden çıkar\w*|beni çıkar\w*|ret|dur"
        r"|durdurun|yeter|stop|üyelikten çık\w*"
        r"|üyelik iptali)(?: lütfen| teşekkürler)*",
    ),
    stop=(
        r"(?:abonelik\w*|üyelik\w*|abonelig\w*|üyeliğ\w*) ~?(?:çık\w+|iptal\w*|sonland\w+"
        r"|bırak\w+|silin\w*|ayrıl\w+)",
        r"(?:liste\w*|bülten\w*"
        r"|veri ?taban\w*|kayıt\w*|rehber\w*|sistem\w*) ~?(?:çıkar\w*|çıkmak|silin\w*|silme\w*"
        r"|kaldır\w*|sil(?!\w)|ayrıl\w*)",
        r"(?:beni|bizi|adresimi"
        r"|adresimizi|e-?postamı|mailimi|bilgilerimi|verilerimi) ~?(?:çıkar\w*|silin\w*"
        r"|sil(?!\w)|silmen\w*|kaldır\w*|silme\w*)",
        rf"(?:artık|bir daha|daha fazla|lütfen|bana|bize|tarafıma) ~?{_MAIL} ~?(?:gönderme\w*"
        rf"|yollama\w*|atma\w*|istemiyor\w*|almak istem\w*"
        r"|yazma\w*|iletme\w*)",
        rf"{_MAIL} ~?(?:istemiyor\w*|almak istem\w*|gönderme\w*|göndermey\w*|kes\w*(?!in\w*tik)"
        rf"|durdur\w*"
        r"|yollama\w*|atmay\w*|almayı istem\w*)",
        r"(?:bana|bize|benimle|bizimle) ~?(?:bir daha |artık )?(?:yazmay\w*|göndermey\w*"
        r"|iletişime geçmey\w*"
        r"|mail atmay\w*|ulaşmay\w*|yollamay\w*)",
        r"(?:bir daha|artık) ~?(?:yazmay\w*|göndermey\w*|aramay\w*|rahatsız etmey\w*|almak "
        r"istem\w*)",
        r"(?:rahatsız etmeyin|beni rahat bırakın)",
        r"(?:iznimi|onayımı|rızamı) ~?(?:geri al\w*|çek\w*|iptal\w*)",
        r"(?:gönderimi|gönderimini"
        r"|göndermeyi) ~?(?:durdur\w*|kes\w*|bırak\w*|sonlandır\w*)",
    ),
    mention=(r"abonelikten", r"abonelig\w*", r"posta listesi", r"listeden"),
    spared=(
        r"(?:özellik\w*|özelliğ\w*|fonksiyon\w*|müşteriler\w*|kullanıcılar\w*|çalışanlar\w*"
        r"|ürün\w*|buton\w*|oran\w*)",
    ),
    automatic=(
        r"otomatik (?:yanıt|cevap|mesaj)",
        r"oto-?yanıt",
        r"ofis dışında\w*",
        r"(?:ofiste|yerimde) (?:değilim|yokum)",
        r"(?:yıllık )?izindeyim"
        r"|izinde(?=\s*(?:[:|(]|- |$))",
        r"tatildeyim|tatil(?=\s*(?:[:|(]|- |$))",
        r"yokluk|uzaktayım",
    ),
    away=(
        r"ofis dışında\w*",
        r"(?:ofiste|yerimde|şirkette) (?:değil\w*|yokum|olmayacağ\w*|bulunmuyor\w*)",
        r"(?:izinde|tatilde|seyahatte|yurt dışında"
        r"|iş seyahatinde|raporlu|doğum izninde)\w*(?:yım|yim|im| olacağım| bulunuyorum| "
        r"olacağımdan|)",
        r"izinli\w*",
        r"artık ~çalışmı\w+",
    ),
    beside=(
        r".{0,80}(?:döneceğ\w*|dönüş\w*|dönünce|tarihine kadar|tarihinde|cevap\w*|yanıt\w*"
        r"|kadar)",
        r".{0,40}(?:acil\w*|ulaşabilir\w*|iletişim\w*"
        r"|arkadaş\w*|yokluğumda)",
        r".{0,40}teşekkür",
        r"iyi (?:tatiller|bayramlar|yıllar)|mutlu",
    ),
    engages=(
        r"(?:konusalim|goruselim|beni arayin|bana gonderin)",
        r"(?:gorusebilir|konusabilir|gonderebilir|arayabilir) ?(?:mi|mu)\w*",
        r"ilgilen\w+|ilgimizi",
    ),
    receipt=(
        r"(?:mesajınız|e-?postanız|talebiniz|iletiniz|başvurunuz) ~(?:alın\w+|ulaş\w+"
        r"|oluşturul\w+|kayded\w+)",
        r"(?:bu |otomatik )~?(?:otomatik"
        r" olarak|sistem tarafından) ~?(?:oluşturul\w+|gönderil\w+)|otomatik olarak "
        r"~(?:oluşturul|gönderil)\w+",
        r"bu ~(?:yanıtlamay\w+|cevaplamay\w+)"
        r"|yanıtlamayınız",
        r"(?:talep|kayıt|bilet) numara\w*",
        r"en kısa sürede ~dönüş",
    ),
    accepted=(r"kabul edildi", r"kabul"),
    declined=(r"reddedildi", r"iptal edildi", r"ret", r"yeni zaman önerildi"),
    tentative=(r"geçici\w*", r"belirsiz", r"kesin değil"),
    bounced=(
        r"(?:teslim edileme\w+|iletileme\w+|ulaştırılama\w+|gönderileme\w+|teslim(?:at)? "
        r"(?:hatası|başarısız)|teslim edilmedi|(?:kullanıcı|alıcı"
        r"|posta kutusu|adres) ~(?:bulunama\w+|bilinmi\w+|dolu|geçersiz|yok)|geri döndü|iade "
        r"edil\w+)",
    ),
    delayed=(r"(?:gecik\w+|ertelen\w+)",),
    later=(
        r"(?:tekrar|yazın|yazar\w*|arayın|arar\w*|görüş\w+|konuş\w+|iletişim\w*|sonra|dönün"
        r"|daha iyi|bütçe|ulaş\w+|önce değil)",
    ),
)
