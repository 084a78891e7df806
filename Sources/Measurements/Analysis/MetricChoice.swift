/// Which of a run's metrics are its loss, its validation partner, its accuracies and its learning rate, by their names.
package struct MetricChoice: Equatable, Sendable {
    /// The metric that is judged, and its partner on validation data.
    package struct Pair: Equatable, Sendable {
        package var training: String?
        package var validation: String?

        /// The one to judge: training, or validation where only that was logged.
        package var main: String? { training ?? validation }

        package init(training: String?, validation: String?) {
            self.training = training
            self.validation = validation
        }
    }

    package let loss: Pair?
    /// A metric of which more is better, such as an accuracy.
    package let accuracy: Pair?
    package let learningRate: String?

    private static let validationWords: Set = ["val", "valid", "validation", "eval", "evaluation", "test", "dev"]
    private static let trainingWords: Set = ["train", "training"]
    private static let lossWords: Set = ["loss", "nll", "perplexity", "ppl"]
    /// A metric logged less often than this is a summary at a run's end when another is logged more often.
    private static let fewest = CurveAnalysis.fewestRecords

    /// A metric's name, taken apart.
    private struct Candidate {
        let name: String
        let count: Int
        let isValidation: Bool
        let isTraining: Bool
        /// What is left without the words of training and validation: partners share it.
        let stem: [String]

        init(_ name: String, _ count: Int) {
            self.name = name
            self.count = count
            let words = MetricChoice.words(of: name)
            isValidation = words.contains(where: validationWords.contains)
            isTraining = words.contains(where: trainingWords.contains)
            stem = words.filter { !validationWords.contains($0) && !trainingWords.contains($0) }
        }

        /// The best comes first: logged often, plainly named, said to be of training.
        var rank: (Int, Int, Int, Int, String) {
            (
                count >= fewest ? 0 : 1, stem == ["loss"] || stem == ["accuracy"] ? 0 : stem.count,
                isTraining ? 0 : 1, -count, name
            )
        }
    }

    /// - Parameter metrics: names and how many records each has.
    package init(_ metrics: [(name: String, count: Int)]) {
        let candidates = metrics.filter { $0.count > 0 }.map { Candidate($0.name, $0.count) }
        loss = Self.pair(candidates.filter { $0.stem.contains(where: Self.lossWords.contains) })
        accuracy = Self.pair(candidates.filter { MetricDirection.isHigherBetter($0.name) == true })
        learningRate =
            candidates.filter { candidate in
                candidate.stem.contains("lr") || candidate.stem.joined(separator: " ").contains("learning rate")
            }.min { $0.rank < $1.rank }?.name
    }

    /// The validation partner of `name` among `metrics`; nil when there is none.
    package static func partner(of name: String, among metrics: [(name: String, count: Int)]) -> String? {
        let stem = Candidate(name, 1).stem
        return metrics.map { Candidate($0.name, $0.count) }
            .filter { $0.isValidation && $0.stem == stem && $0.name != name && $0.count > 0 }
            .min { ($0.stem.count, -$0.count, $0.name) < ($1.stem.count, -$1.count, $1.name) }?.name
    }

    private static func pair(_ candidates: [Candidate]) -> Pair? {
        let metrics = candidates.map { (name: $0.name, count: $0.count) }
        let training = candidates.filter { !$0.isValidation }.min { $0.rank < $1.rank }
        if let training {
            return Pair(training: training.name, validation: partner(of: training.name, among: metrics))
        }
        guard let validation = candidates.min(by: { $0.rank < $1.rank }) else { return nil }
        return Pair(training: nil, validation: validation.name)
    }

    /// `trainLoss/top-1` is `train`, `loss`, `top`, `1`.
    private static func words(of name: String) -> [String] {
        var words: [String] = []
        var word = ""
        var wasLower = false
        for character in name {
            let startsWord = character.isUppercase && wasLower
            if !character.isLetter && !character.isNumber || startsWord {
                if !word.isEmpty { words.append(word) }
                word = ""
            }
            if character.isLetter || character.isNumber { word += character.lowercased() }
            wasLower = character.isLowercase
        }
        return word.isEmpty ? words : words + [word]
    }
}
