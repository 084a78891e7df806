import Bytes
import Foundation

/// One HTML page that needs nothing else: no script, no request, and a policy that forbids both.
struct PageFrame {
    /// A part of the page, and its entry in the list of contents.
    struct Section {
        /// As `#id` finds it.
        let id: String
        let title: String
        let content: Markup
    }

    let title: String
    let heading: String
    let lead: String
    /// The numbers that are asked for first.
    let figures: Markup
    let footer: String

    /// - Parameter heading: nil takes the title.
    init(title: String, heading: String? = nil, lead: String, figures: Markup, footer: String) {
        self.title = title
        self.heading = heading ?? title
        self.lead = lead
        self.figures = figures
        self.footer = footer
    }

    /// The page.
    func text(_ sections: [Section]) -> String {
        let style = ReportPage.style
        let entries = sections.map { section -> Markup in
            "<li><a href=\"#\(section.id)\">\(section.title)</a></li>"
        }
        let bodies = sections.map { section -> Markup in
            """
            <section aria-labelledby="\(section.id)">
            <h2 id="\(section.id)">\(section.title)</h2>
            \(section.content)</section>

            """
        }
        let page: Markup = """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8"/>
            <meta http-equiv="Content-Security-Policy" content="\(Self.policy(for: style))"/>
            <meta name="viewport" content="width=device-width, initial-scale=1"/>
            <meta name="color-scheme" content="light dark"/>
            <meta name="referrer" content="no-referrer"/>
            <meta name="generator" content="ingot \(ModelRegistry.version)"/>
            <title>\(title)</title>
            <style>\(verbatim: style)</style>
            </head>
            <body>
            <header>
            <h1>\(heading)</h1>
            <p class="lead">\(lead)</p>
            \(figures)
            <nav aria-label="Contents"><ul>\(entries)</ul></nav>
            </header>
            <main>
            \(bodies)</main>
            <footer><p>\(footer)</p></footer>
            </body>
            </html>

            """
        return page.text
    }

    /// Nothing is loaded from anywhere and nothing runs; the page's own style is named by its digest.
    private static func policy(for style: String) -> String {
        let digest = Digest(of: style).base64
        return "default-src 'none'; style-src 'sha256-\(digest)'; base-uri 'none'; form-action 'none'"
    }
}

extension Digest {
    /// The 32 bytes in base 64 with padding, as policies of pages name them.
    fileprivate var base64: String {
        let digits = Array(hex.utf8)
        let bytes = stride(from: 0, to: digits.count, by: 2).map { index in
            UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) ?? 0
        }
        return Data(bytes).base64EncodedString()
    }
}
