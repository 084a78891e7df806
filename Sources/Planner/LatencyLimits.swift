/// How soon a benchmark wants tokens of a server.
package struct LatencyLimits: Equatable, Sendable {
    /// What lower bounds tell of the limits.
    package enum Outcome: String, CaseIterable, Sendable {
        /// The device does not rule them out; whether an engine keeps them has to be measured.
        case withinReach = "within reach"
        /// No engine can keep them.
        case outOfReach = "out of reach"
    }

    /// From a request to its first token.
    package let firstToken: NumberFigure
    /// From a token to the next, the mean of each request.
    package let perToken: NumberFigure

    /// MLPerf inference's limits of a Llama-2-70B server, which 99 of 100 requests must keep.
    ///
    /// Source: MLPerf inference, `mlperf.conf`: `llama2-70b.Server.ttft_latency` and `tpot_latency`, in milliseconds.
    package static let mlperf: Self = {
        let source = "MLPerf inference, Llama-2-70B server, 99th percentile"
        return Self(
            firstToken: NumberFigure(2, "s", .published, source), perToken: NumberFigure(0.2, "s", .published, source))
    }()

    /// - Parameters:
    ///   - firstToken: the least time until the first token, in seconds.
    ///   - perToken: the least time of a step of decoding, in seconds.
    package func outcome(firstToken: Double, perToken: Double) -> Outcome {
        firstToken <= self.firstToken.value && perToken <= self.perToken.value ? .withinReach : .outOfReach
    }
}
