/// What one pass over a tensor's numbers tells. NaN and infinities are counted, and left out of all else.
public struct TensorStatistics: Codable, Equatable, Sendable {
    /// The least finite element; nil when there is none.
    public var minimum: Double?
    /// The greatest finite element; nil when there is none.
    public var maximum: Double?
    /// The greatest magnitude among finite elements; nil when there is none.
    public var absoluteMaximum: Double?
    /// The mean of the finite elements; nil when there is none.
    public var mean: Double?
    /// The population standard deviation of the finite elements; nil when there is none.
    public var standardDeviation: Double?
    /// The share of elements that are zero (of either sign), 0...1; nil for an empty tensor.
    public var zeroFraction: Double?
    /// How many elements are NaN.
    public var nanCount: Int
    /// How many elements are infinite.
    public var infinityCount: Int

    package init(
        minimum: Double? = nil, maximum: Double? = nil, absoluteMaximum: Double? = nil, mean: Double? = nil,
        standardDeviation: Double? = nil, zeroFraction: Double? = nil, nanCount: Int = 0, infinityCount: Int = 0
    ) {
        self.minimum = minimum
        self.maximum = maximum
        self.absoluteMaximum = absoluteMaximum
        self.mean = mean
        self.standardDeviation = standardDeviation
        self.zeroFraction = zeroFraction
        self.nanCount = nanCount
        self.infinityCount = infinityCount
    }
}
