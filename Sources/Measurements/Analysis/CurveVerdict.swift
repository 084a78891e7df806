/// What a training curve does, in one word.
package enum CurveVerdict: String, CaseIterable, Sendable {
    /// It still gets better.
    case converging
    /// It no longer gets better, or never did.
    case plateau
    /// It got much worse and stays so, or is no number any more.
    case diverging
    /// It got much worse for a while; or just now, which is too early to tell.
    case spike
    /// Training gets better and validation gets worse.
    case overfit
    /// There are too few records to tell.
    case tooShort = "too short"
}
