"""Indonesian, and Malay where it says the same."""

from domain.inbound.words.base import LanguagePatterns

_MAIL = (
    r"(?:(?:\w+ ){0,3}(?:e-?mail|surel|mail|pesan|buletin|newsletter|iklan|promosi|informasi"
    r"|penawaran|spam|kiriman)\w*)"
)
_LIST = (
    r"(?:(?:\w+ ){0,3}(?:daftar|milis|senarai|database|basis data|langganan|kontak|newsletter"
    r"|mailing|sistem))"
)

WORDS = LanguagePatterns(
    commands=(
        r"(?:tolong |mohon |harap |silakan )*(?:berhenti(?: berlangganan| mengirim| langganan)?"
        r"|batal(?:kan)?(?: langganan| berlangganan)?|hapus(?: saya)?"
        r"|keluarkan saya|hentikan|stop|tidak berminat lagi|jangan kirim lagi|nyahlanggan"
        r"|unsubscribe)(?: terima kasih| ya)*",
    ),
    stop=(
        r"(?:ingin|mau|mohon|tolong|minta|harap|bagaimana|cara|bisa|hendak|saya) ~?(?:berhenti "
        r"(?:ber)?langganan|batal\w* (?:ber)?langganan|menghentikan langganan"
        r"|unsubscribe|nyahlanggan|dikeluarkan|dihapus)",
        r"(?:berhenti|batalkan|hentikan|stop|akhiri|cabut) ~?(?:ber)?langganan",
        rf"(?:hapus\w*|keluarkan|hilangkan|coret|buang|padam\w*) ~?(?:dari|daripada) ~?{_LIST}",
        r"(?:hapus\w*|keluarkan|hilangkan|coret|padam\w*) (?:\w+ )?(?:saya|kami"
        r"|nama|alamat|email|data)(?!\w)",
        rf"(?:tidak|tak|nggak|gak|enggan) (?:ingin|mau|berminat|perlu|setuju|bersedia|lagi"
        rf"|usah) ~?(?:menerima|terima|{_MAIL}|dihubungi"
        r"|mendapat\w*|dikirim\w*)",
        r"(?:jangan|tolong jangan|mohon jangan|mohon tidak|berhenti|hentikan|stop|setop) "
        r"(?:pernah |lagi )?~?(?:kirim\w*|mengirim\w*|hubungi|menghubungi"
        r"|mengganggu|ganggu|email|spam|pengiriman|menyurati)",
        rf"(?:stop|cukup|tidak ada lagi) {_MAIL}",
        r"(?:mencabut|menarik|cabut|tarik) ~persetujuan",
        r"(?:tidak|belum)"
        r" pernah ~(?:mendaftar|berlangganan|setuju)",
    ),
    mention=(
        r"berhenti (?:ber)?langganan",
        r"unsubscribe",
        r"daftar (?:email|surat|milis)",
        r"batal\w* langganan",
    ),
    spared=(r"(?:fitur|fungsi|tombol|pelanggan kami|pengguna|karyawan|produk|alat|aplikasi)",),
    automatic=(
        r"(?:balasan|jawaban|respons|respon|pesan) otomatis",
        r"auto-?balas|balas otomatis",
        r"(?:di luar|sedang di luar|tidak di) kantor",
        r"(?:sedang )?cuti"
        r"(?=\s*(?:[:|(]|- |$|sampai|hingga|tahunan|dari))",
        r"tidak (?:berada )?di (?:kantor|tempat)",
        r"jawapan automatik|balasan automatik",
    ),
    away=(
        r"(?:di luar|tidak di|tidak berada di|tidak ada di|luar) (?:kantor|tempat|pejabat)",
        r"(?:sedang|saya|kami|akan) ~?(?:cuti|berlibur|libur|dinas luar|perjalanan dinas"
        r"|bercuti|tidak masuk|dalam perjalanan|sakit)",
        r"tidak lagi bekerja|sudah tidak bekerja",
    ),
    beside=(
        r".{0,60}(?:kembali|sampai|hingga|mulai|membalas|merespons|balas)",
        r".{0,40}(?:mendesak|darurat|hubungi|menghubungi|rekan|segera)",
        r"terima kasih (?:atas|telah|sudah)"
        r"|terima kasih$",
        r"(?:email|pesan) anda",
        r"selamat \w+",
    ),
    engages=(
        r"(?:mari (?:kita )?(?:bicara|bertemu|diskusi)|telepon saya|kirimkan (?:saya|proposal))",
        r"(?:bisa|bolehkah) (?:kita|anda) ~(?:bicara|bertemu|kirim)",
        r"(?:tertarik|berminat dengan)",
    ),
    receipt=(
        r"(?:kami )?(?:telah|sudah) menerima (?:email|pesan|permintaan|pertanyaan)",
        r"(?:permintaan|pesan|email|tiket) anda ~(?:telah|sudah) (?:kami )?(?:diterima|terima"
        r"|dibuat|dicatat)",
        r"(?:email|pesan|surat) ini (?:\w+ )?(?:dikirim|dibuat|dihasilkan)\w* (?:secara "
        r")?otomatis|secara otomatis",
        r"(?:jangan|mohon (?:tidak|jangan)|harap tidak) (?:membalas|balas)",
        r"nomor (?:tiket|permintaan)",
        r"kami akan ~(?:menghubungi|membalas) anda",
    ),
    accepted=(r"diterima", r"menerima"),
    declined=(r"ditolak", r"menolak", r"dibatalkan", r"waktu baru diusulkan"),
    tentative=(r"tentatif", r"sementara"),
    bounced=(
        r"(?:tidak (?:terkirim|dapat (?:di)?kirim\w*|dapat disampaikan|tersampaikan)|gagal "
        r"(?:di)?kirim\w*|pengiriman gagal|(?:pengguna|penerima|kotak|alamat) ~(?:tidak "
        r"(?:ditemukan"
        r"|dikenal|ada)|penuh)|dikembalikan|gagal terkirim)",
    ),
    delayed=(r"(?:tertunda|ditunda)",),
    later=(
        r"(?:hubungi|kontak|telepon|tulis|bicara|kembali|lagi|nanti|setelah|jangan sebelum"
        r"|lebih baik|anggaran|kirim\w*)",
    ),
)
