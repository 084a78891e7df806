import Registry
import Synchronization
import Testing

@testable import CommandLine
@testable import Registry

@Suite("Progress") struct ProgressTests {
    private let update = ProgressUpdate(
        activity: "register model.safetensors", doneByteCount: 1_000_000_000, totalByteCount: 4_000_000_000)

    @Test("shows bytes, speed and time left") func line() {
        #expect(
            ProgressLine(update: update, seconds: 2).text(cellLimit: 120)
                == "register model.safetensors  [######..................]  1.0 GB of 4.0 GB  500 MB/s  6 s left")
    }

    @Test("shortens bar and name to fit 80 columns") func narrow() {
        let line = ProgressLine(update: update, seconds: 2).text(cellLimit: 79)
        #expect(line == "register model.safetens…  [###..........]  1.0 GB of 4.0 GB  500 MB/s  6 s left")
    }

    @Test("says nothing of speed before there is one") func start() {
        var update = update
        update.doneByteCount = 0
        let text = ProgressLine(update: update, seconds: 0).text(cellLimit: 120)
        #expect(text == "register model.safetensors  [........................]  0 B of 4.0 GB")
    }

    @Test("fits any width", arguments: [0, 5, 20, 40, 60, 79, 200]) func width(cells: Int) {
        #expect(TerminalText.cellCount(ProgressLine(update: update, seconds: 2).text(cellLimit: cells)) <= cells)
    }

    @Test("stays within the bar for totals that are zero or passed", arguments: [(0, 0), (5, 0), (9, 5)])
    func oddTotals(done: Int, total: Int) {
        let update = ProgressUpdate(activity: "x", doneByteCount: done, totalByteCount: total)
        #expect(ProgressLine(update: update, seconds: 1).text(cellLimit: 100).contains("["))
    }

    @Test("draws at most ten times a second, erases itself, and is silent afterwards") func drawing() {
        let drawn = Mutex<[String]>([])
        let bar = ProgressBar(cellLimit: { 80 }) { text in drawn.withLock { $0.append(text) } }
        for count in 0..<1_000 {
            bar.show(ProgressUpdate(activity: "x", doneByteCount: count, totalByteCount: 1_000))
        }
        bar.finish()
        bar.show(update)
        let texts = drawn.withLock { $0 }
        #expect((2...20).contains(texts.count))
        #expect(texts.last == "\r\u{1B}[K")
    }

    @Test("draws nothing when there was nothing to show") func silence() {
        let drawn = Mutex(0)
        let bar = ProgressBar(cellLimit: { 80 }) { _ in drawn.withLock { $0 += 1 } }
        bar.finish()
        #expect(drawn.withLock { $0 } == 0)
    }
}
