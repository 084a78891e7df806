import Architectures
import Bytes
import Transforms

/// Says why a student cannot have a width, and which it can have.
struct StudentWidth {
    let model: ModelAxes

    /// Query heads that share keys and values go together.
    private var heads: (axis: ModelAxis, noun: String) {
        model.groupSize > 1 ? (.keyValueHeads, "groups of heads") : (.heads, "heads")
    }

    /// - Parameter attempt: throws for a width that cannot be.
    func refusal(of width: Double, _ attempt: (Double) throws(FormatError) -> Void) -> FormatError {
        let axes: [(axis: ModelAxis, noun: String)] =
            [(.hidden, "hidden channels")]
            + [ModelAxis.mlp, .expertMLP, .sharedMLP].map { ($0, $0.noun) } + [heads]
        let sizes = axes.compactMap { axis in
            model.sizes[axis.axis].map { (before: $0, after: Self.rest($0, width), noun: axis.noun) }
        }
        let parts = sizes.map { "\($0.after) of \($0.before) \($0.noun)" }
        let possible = nearest(to: width, attempt)
        return FormatError(
            .refused,
            "a width of \(width) would leave \(parts.dropLast().joined(separator: ", ")) and \(parts.last ?? "none"): "
                + reason(sizes),
            remedy: possible.isEmpty
                ? "Leave the width out, and take fewer layers"
                : "Choose a width of \(possible.map { "\($0)" }.joined(separator: " or ")), or take fewer layers in their "
                    + "whole width")
    }

    private static func rest(_ count: Int, _ width: Double) -> Int { Int((Double(count) * width).rounded()) }

    private func reason(_ sizes: [(before: Int, after: Int, noun: String)]) -> String {
        if let none = sizes.first(where: { $0.after == 0 }) { return "without \(none.noun) there is no model" }
        if let all = sizes.first(where: { $0.after == $0.before }) {
            return "of the \(all.noun) none would go"
        }
        return "a model of the family '\(model.family)' cannot have these together"
    }

    /// The widths nearest by, of those that leave whole heads.
    private func nearest(to width: Double, _ attempt: (Double) throws(FormatError) -> Void) -> [Double] {
        guard let count = model.sizes[heads.axis], count > 1 else { return [] }
        let widths = (1..<count).map { Double($0) / Double(count) }.filter { width in
            do throws(FormatError) {
                try attempt(width)
                return true
            } catch { return false }
        }
        return widths.sorted { (abs($0 - width), $0) < (abs($1 - width), $1) }.prefix(3).sorted()
    }
}
