import Bytes
import Testing

@testable import Measurements

@Suite("Logs of llama-perplexity") struct LlamaPerplexityTests {
    @Test("tell the final estimate, and what it was measured over") func estimate() throws {
        let rows = try fixtureResults("llama-perplexity/perplexity.log")
        let row = try #require(rows.first)
        #expect(rows.count == 1)
        #expect(row.task == "perplexity" && row.metric == "ppl")
        #expect(row.value == 363.5625)
        #expect(row.standardError == 36.04625)
        #expect(row.higherIsBetter == false)
        #expect(row.conditions == JSONObject([("chunks", .number(14)), ("n_ctx", .number(128))]))
        #expect(row.sampleCount == 14 * 63)
        #expect(row.host.coreCount == 2)
    }

    @Test("tell the statistics of the divergence") func divergence() throws {
        let rows = try fixtureResults("llama-perplexity/kl-divergence.log")
        #expect(rows.count == 34)
        func row(_ metric: String) throws -> MeasuredResult { try #require(rows.first { $0.metric == metric }) }
        #expect(try row("ppl").value == 363.562483)
        #expect(try row("ppl_base").value == 363.078258)
        #expect(try row("ln_ppl_correlation").unit == "%")
        #expect(try row("ppl_difference").standardError == 0.290947)
        #expect(try row("kld_mean").value == 0.000231)
        #expect(try row("kld_mean").standardError == 0.000008)
        #expect(try row("kld_p99.9").value == 0.002177)
        #expect(try row("kld_p5").value == 0.000057)
        #expect(try row("kld_median").higherIsBetter == false)
        #expect(try row("delta_p_min").value == -1.705)
        #expect(try row("delta_p_rms").unit == "%")
        #expect(try row("same_top_p").value == 98.866)
        #expect(Set(rows.map(\.metric)).count == 34)
        #expect(rows.allSatisfy { $0.task == "kl-divergence" && $0.conditions["n_ctx"] == .number(128) })
    }

    @Test("may be without the times that begin lines, and only of the first output") func plain() throws {
        let start = "[1]4.1,[2]5.2,\nbuild: 4567 (0123abc) with cc (Debian) for x86_64\n"
        let text = start + "Final estimate: PPL = nan +/- nan\n"
        let row = try #require(try results(text).first)
        #expect(row.value.isNaN && row.standardError == nil)
        #expect(row.toolVersion == "b4567 (0123abc)")
        #expect(row.sampleCount == nil)
    }

    @Test("name build and model where they are told") func setting() throws {
        let text = """
            0.00.001.000 I build_info: b9123-89abcde
            llama_model_loader: loaded meta data with 26 key-value pairs and 39 tensors from a b.gguf (version GGUF V3)
            Final estimate: PPL = 5.9070 +/- 0.0332
            """
        let row = try #require(try results(text).first)
        #expect(row.toolVersion == "b9123 (89abcde)")
        #expect(row.about["model_filename"] == .string("a b.gguf"))
    }

    @Test("tell scores") func scores() throws {
        let text = "task\tacc_norm\t95% confidence interval\n1\t0.00000000%\t[0, 79]\n2\t50.00000000%\t[9.4, 90.5]\n\n"
        let row = try #require(try results(text).first)
        #expect(row.task == "hellaswag" && row.value == 50 && row.unit == "%" && row.sampleCount == 2)
        let other = try #require(try results("Final Winogrande score(100 tasks): 71.0000 +/- 4.5603\n").first)
        #expect(other.value == 71 && other.standardError == 4.5603 && other.sampleCount == 100)
    }

    @Test("that end before the estimate, or tell none, are refused") func faults() {
        let begun = "perplexity: calculating perplexity over 642 chunks, n_ctx=512, batch_size=2048, n_seq=4\n[1]4.1,"
        expectRefusal(begun, saying: "ends before the final estimate", "642 chunks", "2>&1")
        expectRefusal("x\nFinal estimate: PPL = high\n", saying: "line 2: 'high' is no estimate")
        let heading = "====== KL divergence statistics ======\n"
        expectRefusal(heading + "Mean    KLD: low ± 1\n", saying: "line 2: 'low ± 1' is no statistic")
    }

    @Test("with counts that overflow have none") func overflow() throws {
        let start = "x: calculating perplexity over 8000000000000000 chunks, n_ctx=900000000, b\n"
        let text = start + "Final estimate: PPL = 1 +/- 0\n"
        #expect(try results(text).first?.sampleCount == nil)
    }
}
