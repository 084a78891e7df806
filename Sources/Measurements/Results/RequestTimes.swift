/// When the tokens of one request came: from this all that a benchmark of serving reports is computed.
package struct RequestTimes: Equatable, Sendable {
    /// Seconds from sending to the first token that is not empty (TTFT): t₁ - t₀.
    package let timeToFirstToken: Double
    /// Seconds between neighboring arrivals (ITL): tᵢ₊₁ - tᵢ.
    package let gaps: [Double]
    package let promptTokens: Int
    /// n: more than the arrivals where several tokens came at once.
    package let outputTokens: Int

    package init(timeToFirstToken: Double, gaps: [Double], promptTokens: Int, outputTokens: Int) {
        self.timeToFirstToken = timeToFirstToken
        self.gaps = gaps
        self.promptTokens = promptTokens
        self.outputTokens = outputTokens
    }

    /// - Parameters:
    ///   - sent: t₀, seconds of any clock.
    ///   - arrivals: t₁ … tₙ by the same clock, in order.
    /// - Returns: nil without a token.
    package init?(sent: Double, arrivals: [Double], promptTokens: Int) {
        guard let first = arrivals.first else { return nil }
        self.init(
            timeToFirstToken: first - sent, gaps: zip(arrivals.dropFirst(), arrivals).map { $0 - $1 },
            promptTokens: promptTokens, outputTokens: arrivals.count)
    }

    /// E2E: tₙ - t₀.
    package var latency: Double { timeToFirstToken + gaps.reduce(0, +) }

    /// TPOT: (tₙ - t₁)/(n - 1); nil of a single token, for which it is not defined.
    package var timePerOutputToken: Double? {
        outputTokens > 1 ? gaps.reduce(0, +) / Double(outputTokens - 1) : nil
    }
}

/// The requests of a run together.
package struct ServingTimes: Equatable, Sendable {
    package let requests: [RequestTimes]
    /// From the first request sent to the last token.
    package let wallSeconds: Double

    package init(_ requests: [RequestTimes], wallSeconds: Double) {
        self.requests = requests
        self.wallSeconds = wallSeconds
    }

    /// What is measured of requests, by vLLM's names.
    package enum Quantity: String, CaseIterable, Sendable {
        case timeToFirstToken = "ttft"
        /// One value a request.
        case timePerOutputToken = "tpot"
        /// Those of all requests in one pool; the mean differs from that of TPOT, which counts each request alike.
        case interTokenLatency = "itl"
        case latency = "e2el"
    }

    /// The samples of a quantity, in seconds.
    package func samples(_ quantity: Quantity) -> [Double] {
        switch quantity {
        case .timeToFirstToken: requests.map(\.timeToFirstToken)
        case .timePerOutputToken: requests.compactMap(\.timePerOutputToken)
        case .interTokenLatency: requests.flatMap(\.gaps)
        case .latency: requests.map(\.latency)
        }
    }

    /// Tokens that were made, a second.
    package var outputThroughput: Double { Double(requests.reduce(0) { $0 + $1.outputTokens }) / wallSeconds }

    /// Tokens that were read or made, a second.
    package var totalThroughput: Double {
        Double(requests.reduce(0) { $0 + $1.promptTokens + $1.outputTokens }) / wallSeconds
    }
}
