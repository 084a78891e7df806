import Bytes
import Pickles

/// What a training run keeps beside its model in files of PyTorch, told by what is in them.
enum TrainingState {
    /// Keys of the outermost dictionary that tell, and of what. Sources: PyTorch, `torch/optim/optimizer.py`
    /// (`state_dict`); transformers, `trainer.py` (`_save_rng_state`); accelerate, `checkpointing.py`.
    private static let marks: [(keys: Set<String>, reason: String)] = [
        (["state", "param_groups"], "the state of an optimizer"),
        (["python", "numpy"], "the state of random numbers"),
        (["random_state", "numpy_random_seed"], "the state of random numbers"),
        (["last_epoch", "_step_count"], "the state of a training run"),
        (["scale", "growth_factor"], "the state of a training run"),
    ]

    /// Why a PyTorch file is no model; nil when it may be one, or cannot be read.
    static func reason(of file: any ByteSource) throws -> String? {
        do throws(FormatError) {
            return try reason(try content(of: file))
        } catch {
            return nil
        }
    }

    private static func content(of file: any ByteSource) throws(FormatError) -> TorchContent {
        do {
            return try TorchContent(reading: file)
        } catch let error as FormatError {
            throw error
        } catch {
            throw FormatError(.truncated, "\(error)", file: file.path, remedy: "Try again")
        }
    }

    private static func reason(_ content: TorchContent) throws(FormatError) -> String? {
        let values = content.main.values
        if case .dictionary(let pairs) = try values.meaning(of: values.pickle.root) {
            var keys: Set<String> = []
            for pair in pairs {
                if let key = try values.key(pair.key) { keys.insert(key) }
            }
            if let mark = marks.first(where: { $0.keys.isSubset(of: keys) }) { return mark.reason }
        }
        let walk = try content.main.walk()
        guard !walk.found.isEmpty else { return content.constants == nil ? "a pickle without tensors" : nil }
        let states = walk.containers.filter { $0.depth == 1 && StateDictChoice.trainingKeys.contains($0.path) }
        return states.reduce(0) { $0 + $1.found.count } == walk.found.count ? "the state of a training run" : nil
    }
}
