/// Whether more of a metric is better, guessed from its name; nil where the name does not tell.
package enum MetricDirection {
    private static let lower: Set = [
        "loss", "perplexity", "ppl", "error", "err", "wer", "cer", "mse", "rmse", "mae", "nll", "bpb", "bpc",
    ]
    private static let higher: Set = [
        "acc", "accuracy", "f1", "precision", "recall", "auc", "auroc", "bleu", "rouge", "rouge1", "rouge2", "rougel",
        "reward", "rewards", "margins", "accuracies", "map", "miou", "iou", "score", "mrr", "ndcg", "r2",
    ]

    /// `true` for `eval/accuracy`, `false` for `train_loss`, nil for `learning_rate`.
    package static func isHigherBetter(_ metric: String) -> Bool? {
        let words = metric.lowercased().split { !$0.isLetter && !$0.isNumber }.map(String.init)
        if words.contains(where: lower.contains) { return false }
        return words.contains(where: higher.contains) ? true : nil
    }
}
