"""Vietnamese. Folded: marks go, đ is d."""

from domain.inbound.words.base import LanguagePatterns

_MAIL = (
    r"(?:(?:\w+ ){0,2}(?:e-?mails?|mails?|thư|tin nhắn|bản tin|quảng cáo|thông tin|thông báo"
    r"|tin|spam))"
)

WORDS = LanguagePatterns(
    commands=(
        r"(?:vui lòng |xin |làm ơn |xin vui lòng )*(?:hủy đăng ký|huỷ đăng ký|ngừng nhận tin"
        r"|dừng nhận tin|hủy nhận tin|hủy nhận email|từ chối nhận"
        r" tin|từ chối|ngừng gửi|dừng gửi|đừng gửi nữa|dừng lại|xóa tôi|bỏ đăng ký|hủy|stop)(?: "
        r"cảm ơn| nhé| giúp tôi)*",
    ),
    stop=(
        r"(?:muốn|xin|vui lòng|yêu cầu|làm ơn|cho|giúp|làm sao|làm thế nào|hãy|cách) ~?(?:hủy"
        r"|huỷ|bỏ|ngừng|dừng|thôi|rút) ~?(?:đăng ký|theo dõi|nhận|gửi)",
        r"(?:hủy|huỷ|bỏ) (?:việc )?(?:đăng ký|nhận) ~?(?:email|mail|thư|tin|bản tin|của tôi"
        r"|giúp|cho)",
        rf"không (?:muốn|cần|còn muốn|có nhu cầu|đồng ý|thích"
        rf"|mong muốn) ~?(?:nhận|{_MAIL}|liên hệ|được gửi|bị làm phiền)",
        r"(?:đừng|không|chớ|thôi|ngừng|ngưng|dừng|chấm dứt) (?:bao giờ |việc |có )?(?:gửi"
        r"|liên hệ|liên lạc|làm phiền|spam|viết|nhắn) ~?(?:nữa|cho tôi|tôi|chúng tôi|email|mail"
        r"|thư|tin|đến)?",
        r"(?:xóa|xoá|loại|gỡ|bỏ|đưa|rút) ~?(?:tôi|chúng tôi"
        r"|email|e-mail|địa chỉ|tên|thông tin) ~?(?:khỏi|ra khỏi|khỏi danh sách|của tôi)",
        r"(?:xóa|xoá|loại|gỡ|rút) ~?(?:khỏi|ra khỏi|tên) ~?(?:danh sách|hệ thống"
        r"|dữ liệu|bản tin)",
        r"từ chối ~(?:nhận|email|thư|quảng cáo)",
        r"rút lại (?:sự )?đồng ý",
        r"(?:chưa|không) ~(?:từng )?đăng ký ~?nhận",
    ),
    mention=(r"(?:hủy|huỷ|bỏ) đăng ký", r"danh sách (?:gửi|nhận|email)", r"ngừng (?:nhận|gửi)"),
    spared=(
        r"(?:tính năng|chức năng|khách hàng|người dùng|nhân viên|sản phẩm|phần mềm|công cụ|nút)",
    ),
    automatic=(
        r"(?:trả lời|phản hồi|thư trả lời|hồi âm) tự động",
        r"tự động trả lời",
        r"(?:vắng mặt|nghỉ phép|không có mặt)(?=\s*(?:[:|(]|- |$|tại văn phòng|đến|từ))",
        r"(?:tôi )?(?:đang )?(?:đi vắng|nghỉ phép|vắng mặt|đi công tác)",
        r"ngoài văn phòng|ra khỏi văn phòng",
    ),
    away=(
        r"(?:tôi|hiện|hiện tại|sẽ|đang|chúng tôi) ~?(?:vắng mặt|đi vắng|nghỉ phép|nghỉ lễ|đi "
        r"công tác|nghỉ thai sản|không có mặt|không ở văn phòng|nghỉ tết"
        r"|nghỉ ốm|nghỉ mát)",
        r"không có mặt (?:tại|ở) văn phòng",
        r"nghỉ phép",
        r"không còn làm việc",
    ),
    beside=(
        r".{0,60}(?:trở lại|quay lại|đến hết|đến ngày|từ ngày|trả lời|phản hồi|đến)",
        r".{0,40}(?:khẩn cấp|gấp|liên hệ|trong thời gian|đồng nghiệp)",
        r"(?:xin )?cảm ơn",
        r"(?:email|thư) của (?:bạn|quý khách|anh|chị)",
    ),
    engages=(
        r"(?:hãy|mình) (?:gọi|trao đổi|nói chuyện|gửi)",
        r"(?:có thể|chúng ta) ~(?:nói chuyện|trao đổi|gọi|gặp|gửi) ~(?:không|nhé)",
        r"(?:quan tâm|hứng thú)",
    ),
    receipt=(
        r"(?:chúng tôi )?đã nhận được (?:email|thư|yêu cầu|tin|câu hỏi)",
        r"(?:yêu cầu|email|phiếu) của ~(?:đã được|được) (?:ghi nhận|tiếp nhận|tạo|nhận)",
        r"(?:email|thư|tin) (?:này )?(?:được )?(?:gửi|tạo) (?:\w+ )?tự động|tự động (?:gửi|tạo)",
        r"(?:vui lòng |xin )?(?:không|đừng) (?:trả lời|phản hồi)"
        r" (?:lại )?(?:email|thư|tin)",
        r"(?:mã|số) (?:yêu cầu|phiếu)",
        r"sẽ (?:liên hệ|phản hồi) ~(?:sớm|thời gian)",
    ),
    accepted=(r"(?:đã )?chấp nhận", r"đã đồng ý"),
    declined=(r"(?:đã )?từ chối", r"đã hủy", r"đề xuất thời gian mới"),
    tentative=(r"dự kiến", r"tạm thời"),
    bounced=(
        r"(?:không (?:gửi|thể gửi|thể chuyển|chuyển|phát|thể phát) ~?(?:được|đến)?|gửi (?:thư "
        r")?(?:thất bại|không thành công)|thư (?:bị )?trả lại|(?:người dùng|người"
        r" nhận|hộp thư|địa chỉ) ~(?:không tồn tại|không tìm thấy|đầy|đã đầy)|lỗi gửi)",
    ),
    delayed=(r"(?:bị (?:trì )?hoãn|chậm trễ)",),
    later=(
        r"(?:liên hệ|gọi|viết|gửi|nói chuyện|trao đổi|lại|sau|quay lại|không trước|ngân sách"
        r"|nhắc)",
    ),
)
