import Foundation
import Testing

/// What the built command says when a transform cannot be done, and that it leaves nothing behind.
@Suite("A transform that cannot be done", .serialized, .timeLimit(.minutes(5))) struct TransformRefusalTests {
    /// A command line, and what its error must say: where the fault is, and what to do.
    struct Refusal: Sendable, CustomTestStringConvertible {
        let what: String
        /// Words of the command line; one that begins with `./` is a file of the test's folder.
        let command: String
        let words: [String]
        let exitCode: Int32

        init(_ what: String, _ command: String, says words: String..., exitCode: Int32 = 1) {
            self.what = what
            self.command = command
            self.words = words
            self.exitCode = exitCode
        }

        var testDescription: String { what }
    }

    static let cuts = [
        Refusal("a ratio of 1", "prune m --mlp 1", says: "--mlp is 1", "write 0.25"),
        Refusal("a ratio below 0", "prune m --hidden=-0.5", says: "--hidden is -0.5", "write 0.25"),
        Refusal(
            "fewer rows than the multiple", "prune m --mlp 0.5 --multiple-of 64", says: "of 24 MLP channels", "64",
            "smaller --multiple-of"),
        Refusal(
            "tied embeddings of which one would be cut", "prune twice --hidden 0.5", says: "'lm_head.weight'",
            "'model.embed_tokens.weight'", "Set tie_word_embeddings to false"),
        Refusal(
            "tied embeddings whose tokens would be cut", "prune twice --vocabulary 10", says: "'lm_head.weight'",
            "remove the tensor"),
        Refusal(
            "a width of NF4", "prune mix:nf4 --mlp 0.5", says: "self_attn.k_proj.weight'", "bnb-nf4",
            "--mlp", "Prune the model that it was made of"),
        Refusal(
            "a width of Q4_0 in GGUF", "prune mix:q4_0 --hidden 0.5", says: "tensor '", "q4_0", "--hidden",
            "convert the result"),
        Refusal("an unknown family", "prune alien --mlp 0.5", says: "config.json", "'mamba'", "one of these families"),
        Refusal("a layer that is not there", "prune m --layers 1,7", says: "no layer 7", "from 0 to 2"),
        Refusal("all layers", "prune m --layers 0-2", says: "all 3 layers", "Keep one layer"),
        Refusal("all experts", "prune mix --experts 0.9", says: "0 of 4 experts", "through 2", "Cut at most 0.5"),
        Refusal("too few experts for a token", "prune mix --experts 0.75", says: "1 of 4 experts", "Cut at most 0.5"),
        Refusal("heads that do not divide into groups", "prune m --heads 0.25", says: "2 groups", "--heads 0.5"),
        Refusal(
            "a token that is none", "prune m --vocabulary ./ids.txt", says: "ids.txt", "the id 99", "from 0 to 19"),
        Refusal("a list without tokens", "prune m --vocabulary ./blank.txt", says: "blank.txt", "one token a line"),
        Refusal(
            "statistics of another model", "prune m --mlp 0.5 --statistics ./other.statistics",
            says: "down_proj.mean_square'", "7 inputs", "24", "this model"),
        Refusal("nothing to cut", "prune m", says: "nothing", "--mlp"),
        Refusal(
            "rows that 2:4 does not divide", "sparsify odd --pattern 2:4", says: "down_proj.weight'", "22", "--keep"),
        Refusal(
            "Wanda without statistics", "sparsify m --sparsity 0.5 --scores wanda", says: "Wanda", "none are given",
            "--statistics"),
        Refusal("a sparsity of 1", "sparsify m --sparsity 1", says: "sparsity of 1", "0.5"),
        Refusal("an unknown dtype", "convert m --to f7", says: "'f7'", "ingot recipe"),
        Refusal(
            "a width that a student cannot have", "distill init m --width 0.3", says: "width of 0.3", "width of 0.5"),
        Refusal(
            "a student as large as its teacher", "distill init m --layers 0-2", says: "all 3 layers", "fewer layers"),
    ]

    static let merges = [
        Refusal(
            "another vocabulary", "merge ./tokens.yaml --as x", says: "'model.embed_tokens.weight'", "20", "24",
            "one vocabulary"),
        Refusal(
            "other shapes", "merge ./shapes.yaml --as x", says: "mlp.", "[16, 24] in m", "[16, 32] in wide",
            "one architecture"),
        Refusal("a model that is not there", "merge ./nowhere.yaml --as x", says: "'nobody'", "ingot register"),
        Refusal("an unknown key", "merge ./key.yaml --as x", says: "key.yaml", "line 3", "wieght", "parameters"),
        Refusal("an unknown method", "merge ./method.yaml --as x", says: "method.yaml", "'breadcrumbs'", "dare_ties"),
        Refusal("aliases of aliases", "merge ./bomb.yaml --as x", says: "bomb.yaml", "line 1", "Write the value out"),
        Refusal(
            "5,000 lists in lists", "merge ./deep.yaml --as x", says: "deep.yaml", "too many levels",
            "docs/transforms.md"),
        Refusal(
            "layers beyond the last", "merge ./stack.yaml --as x", says: "m has 3 layers", "layer 3", "layer_range"),
        Refusal(
            "an adapter of other widths", "merge m --adapter ./lora-wide", says: "q_proj.lora_A", "[2, 24]",
            "trained for"),
        Refusal(
            "an adapter of another rank", "merge m --adapter ./lora-rank", says: "q_proj.lora_A", "[3, 16]",
            "2 by adapter_config.json", "Save"),
        Refusal(
            "an adapter of another base", "merge m --adapter ./lora-elsewhere", says: "c_attn.lora_A",
            "model that it was trained for", "org/elsewhere"),
        Refusal(
            "an adapter with NaN", "merge m --adapter ./lora-nan", says: "q_proj.lora_A", "number 0", "NaN",
            "train it again"),
        Refusal("half an adapter", "merge m --adapter ./lora-half", says: "q_proj.lora_A", "other factor", "Save"),
        Refusal(
            "an adapter that repeats layers", "merge m --adapter ./lora-kind", says: "lora-kind",
            "layer_replication", "PEFT"),
        Refusal(
            "an adapter that is nowhere", "merge m --adapter ./nothing", says: "nothing' is neither", "save_pretrained"),
        Refusal("a recipe in a circle", "run ./circle.yaml m", says: "circle.yaml", "a, b", "without a circle"),
        Refusal("an input that is no step", "run ./from.yaml m", says: "from.yaml", "'quantised'", "steps are a"),
        Refusal("an unknown gate", "run ./gate.yaml m", says: "gate.yaml", "max_rmse", "max_rel_rmse"),
        Refusal(
            "a replacement that is no step", "run ./otherwise.yaml m", says: "otherwise.yaml", "'smaller'",
            "steps are a"),
    ]

    /// The store of all cases; none of them changes it.
    private static let home = Result { try RefusalHome() }

    @Test("names tensor, option or key and what to do, and leaves nothing behind", arguments: cuts + merges)
    func refusal(_ refusal: Refusal) throws {
        let home = try Self.home.get()
        let words = refusal.command.split(separator: " ").map(String.init)
        let outcome = try home.ingot.run(words.map { $0.hasPrefix("./") ? home.folder(String($0.dropFirst(2))) : $0 })
        #expect(outcome.exitCode == refusal.exitCode)
        #expect(outcome.output == "")
        #expect(outcome.errors.hasPrefix("ingot: "), "\(outcome.errors)")
        for word in refusal.words { #expect(outcome.errors.contains(word), "\(outcome.errors)") }
        #expect(try home.now() == home.before)
    }
}
