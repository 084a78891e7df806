import Charts

extension ReportPage {
    /// The rules of the page and its drawings: light, dark where the reader's screen is, and for paper.
    static let style = """
        :root{--paper:#fff;--ink:#1b1f24;--muted:#57606a;--rule:#dde2e7;--shade:#f4f6f8;--link:#1f5fbf;\
        --good:#1a6b3c;--bad:#a5301d}
        @media screen and (prefers-color-scheme:dark){:root{--paper:#16191d;--ink:#e6e9ed;--muted:#a3acb6;\
        --rule:#30363d;--shade:#1e2227;--link:#7db3ff;--good:#6fd39a;--bad:#ff9f8a}}
        *{box-sizing:border-box}
        body{margin:0 auto;padding:1.5rem 1.25rem 3rem;max-width:64rem;background:var(--paper);color:var(--ink);\
        font:16px/1.5 system-ui,-apple-system,'Segoe UI','Liberation Sans',Arial,sans-serif}
        h1{font-size:1.75rem;line-height:1.2;margin:.5rem 0 .25rem;overflow-wrap:anywhere}
        h2{font-size:1.3rem;margin:2.5rem 0 .75rem;padding-top:.75rem;border-top:1px solid var(--rule)}
        h3{font-size:1.05rem;margin:1.5rem 0 .5rem}
        p{margin:.5rem 0;max-width:46rem;overflow-wrap:anywhere}
        .lead{color:var(--muted);font-size:1.05rem}
        a{color:var(--link)}
        nav ul{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:1rem 0 0;padding:0}
        .figures{display:flex;flex-wrap:wrap;gap:.75rem;margin:1rem 0 0}
        .figures div{background:var(--shade);border-radius:6px;padding:.5rem .9rem;min-width:7rem}
        .figures dt{color:var(--muted);font-size:.85rem}
        .figures dd{margin:0;font-size:1.25rem;font-weight:600;overflow-wrap:anywhere}
        .facts{margin:0;columns:2 26rem;column-gap:2.5rem}
        .facts div{display:grid;grid-template-columns:8.5rem 1fr;gap:.25rem 1rem;break-inside:avoid;\
        padding:.3rem 0;border-bottom:1px solid var(--rule)}
        .facts dt{color:var(--muted)}
        .facts dd{margin:0;overflow-wrap:anywhere}
        code,pre{font-family:ui-monospace,'SF Mono','Liberation Mono',Menlo,Consolas,monospace;font-size:.85rem}
        pre{background:var(--shade);border-radius:6px;padding:.75rem 1rem;white-space:pre-wrap;\
        overflow-wrap:anywhere;margin:.5rem 0}
        figure{margin:.5rem 0}
        .notes{padding-left:1.25rem}
        .wide{overflow-x:auto;margin:.75rem 0}
        .wide .chart{max-width:none}
        .wide:focus-visible,a:focus-visible{outline:2px solid var(--link);outline-offset:2px}
        table{border-collapse:collapse;font-size:.9rem}
        caption{text-align:left;color:var(--muted);padding:.25rem 0}
        th,td{text-align:left;vertical-align:top;padding:.3rem .9rem .3rem 0;border-bottom:1px solid var(--rule)}
        thead th{font-weight:600;white-space:nowrap}
        tbody th{font-weight:400}
        .n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
        .whole{white-space:nowrap}
        .muted,small{color:var(--muted)}
        .better{color:var(--good);font-weight:600}
        .worse{color:var(--bad);font-weight:600}
        .told{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
        footer{margin-top:3rem;color:var(--muted);font-size:.85rem;border-top:1px solid var(--rule)}
        .chart{display:block;font-variant-numeric:tabular-nums}
        @media (max-width:36rem){body{padding:1rem .9rem 2rem}.facts div{grid-template-columns:7.5rem 1fr}}
        @media print{body{max-width:none;padding:0;font-size:10pt}nav{display:none}.wide{overflow:visible}\
        figure .chart{max-width:100%}table{font-size:8pt}thead{display:table-header-group}\
        tr,figure,.figures div{break-inside:avoid}h2,h3,caption{break-after:avoid}td,th{padding-right:.5rem}\
        *{-webkit-print-color-adjust:exact;print-color-adjust:exact}@page{margin:15mm}}
        \(ChartTheme.style)
        \(HeatMap.style)
        """
}
