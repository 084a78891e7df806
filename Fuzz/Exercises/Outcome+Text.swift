import Bytes

extension Exercise.Outcome: CustomStringConvertible {
    /// `accepted`, or `refused (corrupt, byte 8): …`
    package var description: String {
        switch self {
        case .accepted: return "accepted"
        case .refused(let error):
            let place = error.byteOffset.map { "byte \($0)" } ?? "no byte"
            return "refused (\(error.code.rawValue), \(place)): \(error.problem)"
        case .fault(let text): return "FAULT: \(text)"
        }
    }
}
