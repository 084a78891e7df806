/// By which rule a block's greatest magnitude becomes its E8M0 scale, where a scheme has one.
package enum E8M0Rule: String, Sendable, CaseIterable {
    /// ⌊log₂ a⌋ less the elements' greatest exponent: the specification, ggml.
    case floor
    /// log₂(a ÷ greatest element) to the nearest: MLX until 0.32.2.
    case nearest
    /// log₂(a ÷ greatest element) up: MLX since 0.32.4.
    case ceil
    /// As `floor`, after `a` was rounded to one digit behind the point: compressed-tensors.
    case bump
}
