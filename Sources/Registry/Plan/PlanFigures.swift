import Planner

extension PlanFigure {
    init(_ name: String, _ figure: ByteFigure) {
        self.init(
            name: name, bytes: figure.byteCount, value: nil, unit: "bytes", evidence: figure.evidence.rawValue,
            formula: figure.formula)
    }

    init(_ name: String, _ figure: NumberFigure) {
        self.init(
            name: name, bytes: nil, value: figure.value, unit: figure.unit, evidence: figure.evidence.rawValue,
            formula: figure.formula)
    }

    /// A figure that no formula gives.
    static func unknown(_ name: String, unit: String = "bytes", _ reason: String) -> Self {
        Self(name: name, bytes: nil, value: nil, unit: unit, evidence: nil, formula: reason)
    }

    static func optional(_ name: String, _ figure: ByteFigure?, _ reason: String) -> Self {
        figure.map { Self(name, $0) } ?? .unknown(name, reason)
    }
}

extension PlanTarget {
    var parallelism: Parallelism {
        var spread = Parallelism()
        spread.data = data
        spread.tensor = tensor
        spread.pipeline = pipeline
        return spread
    }

    /// The order of inference, checked against the devices that were stated.
    func inferenceOrder(
        context: Int, cache: String, chunk: Int = 2048, page: Int = 1, shape: ModelShape?
    ) throws -> InferencePlan.Order {
        var order = InferencePlan.Order(context: context, batch: batch)
        order.cache = try Self.element(cache)
        order.parallelism = parallelism
        order.chunk = chunk
        order.page = page
        order.reserve = reserveBytes
        try order.check(shape)
        var spread = parallelism
        spread.microBatches = max(1, pipeline)
        try spread.check(shape, world: world)
        try checkLimits()
        return order
    }

    /// - Throws: `PlanError` for a limit or rate that is none.
    func checkLimits() throws {
        if let memoryBytes { _ = try Verdict(0, of: memoryBytes) }
        if let peakOperations { _ = try Latency(bandwidth: 1, peak: peakOperations) }
    }

    private static func element(_ name: String) throws -> KVCache.Element {
        guard let element = KVCache.Element(rawValue: name) else {
            let known = KVCache.Element.allCases.map(\.rawValue).joined(separator: ", ")
            throw RegistryError("the cache cannot be stored as '\(name)'", remedy: "Choose one of \(known)")
        }
        return element
    }
}
