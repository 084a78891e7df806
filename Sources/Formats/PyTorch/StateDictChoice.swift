import Bytes

/// A dictionary of a PyTorch file that may be the model.
package struct StateDictCandidate: Equatable, Sendable {
    /// The keys on the way to it, joined by dots; empty for the outermost dictionary.
    package let path: String
    package let tensorCount: Int
    /// The bytes of its tensors, shared ones counted each time.
    package let byteCount: Int
}

/// Which of a file's dictionaries is taken for the model: the one that was asked for, or the one that people mean.
///
/// Without being asked, that is the outermost dictionary, unless it holds another under a name that training scripts
/// give to models, with more bytes than the tensors that lie beside it. Of the outermost one, what they give names of
/// optimizers and the like is left out.
struct StateDictChoice {
    /// Names of models, the most usual first.
    static let modelKeys = [
        "state_dict", "model", "module", "model_state_dict", "model_state", "weights", "params", "params_ema", "ema",
    ]
    /// Names of what a training run keeps besides the model.
    static let trainingKeys: Set<String> = [
        "optimizer", "optimizers", "optimizer_state", "optimizer_states", "optimizer_state_dict", "optim", "opt",
        "lr_scheduler", "lr_schedulers", "scheduler", "scheduler_state_dict", "scaler", "grad_scaler", "amp", "rng",
        "rng_state", "rng_states", "random_states", "cuda_rng_state", "callbacks", "loops", "trainer",
    ]

    /// The dictionaries that hold tensors, up to two levels below the outermost.
    let candidates: [StateDictCandidate]
    /// The tensors that were taken, with their names and their places among those that were found.
    let tensors: [(name: String, index: Int)]
    /// What was chosen and what was left out.
    private(set) var notes: [String] = []

    /// - Parameter path: the path of the dictionary to take; empty for all of the outermost, nil for the usual one.
    /// - Throws: `FormatError` when there is none of this path, naming those that there are.
    init(_ walk: StateDictWalk, path: String?) throws(FormatError) {
        candidates = walk.containers.filter { $0.depth <= 2 && $0.isNamed }.map { container in
            StateDictCandidate(
                path: container.path, tensorCount: container.found.count,
                byteCount: Self.sum(walk.found[container.found]))
        }
        guard let outermost = walk.containers.first else {
            // A single tensor, or nothing at all.
            tensors = walk.found.indices.map { ("tensor", $0) }
            return
        }
        let chosen: StateDictWalk.Container
        var excluded: [StateDictWalk.Container] = []
        if let path, !path.isEmpty {
            let matching = walk.containers.filter { $0.path == path && $0.depth > 0 && $0.isNamed }
            guard matching.count == 1 else { throw Self.notFound(path, matching.count, candidates) }
            chosen = matching[0]
        } else if path == nil, let model = Self.model(walk, in: outermost) {
            chosen = model
        } else {
            chosen = outermost
            if path == nil {
                excluded = walk.containers.filter { $0.depth == 1 && Self.trainingKeys.contains($0.path) }
                // A file of optimizer states alone is taken as it is.
                if excluded.reduce(0, { $0 + $1.found.count }) == outermost.found.count { excluded = [] }
            }
        }
        let isExcluded = Self.marks(of: excluded, among: walk.found.count)
        let prefix = chosen.path.isEmpty ? 0 : chosen.path.utf8.count + 1
        tensors = chosen.found.filter { !isExcluded[$0] }.map { index in
            let path = walk.found[index].path
            return (prefix == 0 ? path : String(decoding: path.utf8.dropFirst(prefix), as: UTF8.self), index)
        }
        note(chosen, excluded, walk)
    }

    /// The dictionary under a model's usual name, if it outweighs the tensors beside it.
    private static func model(
        _ walk: StateDictWalk, in outermost: StateDictWalk.Container
    ) -> StateDictWalk.Container? {
        let inner = walk.containers.filter { $0.depth == 1 }
        let isInside = marks(of: inner, among: walk.found.count)
        let beside = outermost.found.filter { !isInside[$0] }
        let byteCount = sum(beside.map { walk.found[$0] })
        for key in modelKeys {
            let matching = inner.filter { $0.path == key && $0.isNamed }
            if matching.count == 1, sum(walk.found[matching[0].found]) > byteCount { return matching[0] }
        }
        return nil
    }

    /// For each tensor whether one of the containers holds it. Those containers lie beside each other.
    private static func marks(of containers: [StateDictWalk.Container], among count: Int) -> [Bool] {
        var marks = [Bool](repeating: false, count: count)
        for container in containers {
            for index in container.found { marks[index] = true }
        }
        return marks
    }

    private mutating func note(
        _ chosen: StateDictWalk.Container, _ excluded: [StateDictWalk.Container], _ walk: StateDictWalk
    ) {
        if chosen.depth > 0 {
            notes.append("the tensors under '\(chosen.path)' were taken, \(tensors.count) of \(walk.found.count)")
        }
        let others =
            chosen.depth == 0
            ? excluded
            : walk.containers.filter { $0.depth == 1 && !$0.found.overlaps(chosen.found) }
        guard !others.isEmpty else { return }
        let listed = others.prefix(8).map {
            "'\($0.path.shortened)' (\(Counted.text($0.found.count, "tensor")))"
        }
        .joined(separator: ", ")
        notes.append("left out: \(listed)\(others.count > 8 ? " and \(others.count - 8) more" : "")")
    }

    private static func notFound(
        _ path: String, _ count: Int, _ candidates: [StateDictCandidate]
    ) -> FormatError {
        let list = candidates.prefix(20).map {
            "'\($0.path.shortened)' (\(Counted.text($0.tensorCount, "tensor")))"
        }
        .joined(separator: ", ")
        return FormatError(
            .refused,
            count == 0
                ? "the file has no dictionary with tensors at '\(path)'"
                : "the path '\(path)' means \(count) different dictionaries",
            remedy: "Choose one of these: \(list)")
    }

    private static func sum(_ found: some Collection<StateDictWalk.Found>) -> Int {
        found.reduce(0) { sum, tensor in
            let (value, overflow) = sum.addingReportingOverflow(tensor.byteCount)
            return overflow ? Int.max : value
        }
    }
}
