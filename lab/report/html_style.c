/* html_style.c - the look of the HTML report: one style sheet for light and dark, and the button
 * that changes between them. Colours of series are told apart by colour-blind eyes too (after Okabe
 * & Ito's palette), and each has its own shape or dash besides.
 */
#include "lab/report/html.h"

static const char *const style[] = {
    ":root{color-scheme:light;--page:#f6f7f9;--card:#fff;--line:#e4e7ec;--ink:#14181f;--soft:#"
    "566071;",
    "--link:#1d4fd7;--good:#0b6b47;--bad:#b3261e;--same:#1d4fd7;--open:#8a5300;--grid:#e9ecf1;",
    "--warn:#fff6e6;--warnline:#b45f06;--fine:#eaf6f0;--fineline:#0b7a52;--zero:#8b94a3;",
    "--s0:#68717f;--s1:#1f5fd6;--s2:#c2560a;--s3:#0b8a6b;--s4:#7a3fd0;--s5:#b3225a;--s6:#8a6d00;",
    "--n2:#f3b283;--n1:#fbdcc5;--z0:#eef1f6;--p1:#d9e6fc;--p2:#b9d1f9;--p3:#8fb5f4;--p4:#5f93ec;",
    "--p5:#2a66d8;--p6:#174399;--on1:#14181f;--on2:#fff}",
    ":root[data-theme=dark]{color-scheme:dark;--page:#0e1116;--card:#161b22;--line:#2b323d;",
    "--ink:#e8ebf0;--soft:#a3adbb;--link:#8ab4ff;--good:#5fd3a4;--bad:#ff9a90;--same:#8ab4ff;",
    "--open:#f0b65a;--grid:#242b35;--warn:#2a2113;--warnline:#d9902f;--fine:#12251d;",
    "--fineline:#3fae83;--zero:#7d8796;--s0:#a3adbb;--s1:#6ea2ff;--s2:#f2954b;--s3:#3fc6a3;",
    "--s4:#b795f5;--s5:#f07fa6;--s6:#d9bd4d;--n2:#8a4a17;--n1:#523219;--z0:#222933;--p1:#1c2f4f;",
    "--p2:#20407a;--p3:#2856a8;--p4:#3163bf;--p5:#73a4f7;--p6:#b9d3ff;--on1:#f1f4f8;--on2:#0b0f15}",
    "*{box-sizing:border-box}",
    "html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}",
    "body{margin:0;background:var(--page);color:var(--ink);font:14px/1.5 Inter,'Segoe UI',Roboto,",
    "'Helvetica Neue','Noto Sans','Liberation Sans',Arial,sans-serif;",
    "font-variant-numeric:tabular-nums}",
    "main,header,footer{max-width:1400px;margin:0 auto;padding:0 28px}",
    "header{padding-top:30px;display:flex;gap:24px;align-items:flex-start;",
    "justify-content:space-between}",
    "h1{font-size:26px;line-height:1.2;letter-spacing:-.02em;margin:0 0 6px;font-weight:700}",
    "h2{font-size:16px;line-height:1.3;margin:0;letter-spacing:-.005em}",
    "h3{font-size:13px;line-height:1.35;margin:0 0 4px;font-weight:600}",
    "p{margin:0}",
    ".sub{color:var(--soft);margin:2px 0 16px;max-width:76ch}",
    "header .sub{font-size:15px;margin:0;max-width:none}",
    "code,.ref,kbd{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',",
    "monospace;font-size:.88em}",
    "a{color:var(--link);text-underline-offset:2px}",
    ".ref{color:var(--soft);text-decoration:none;font-size:11px;white-space:nowrap;",
    "font-weight:400}",
    ".ref:hover,.ref:focus{color:var(--link);text-decoration:underline}",
    ":target{background:var(--warn)}",
    "button{font:inherit;font-size:13px;color:var(--ink);background:var(--card);border:1px solid ",
    "var(--line);border-radius:8px;padding:7px 13px;cursor:pointer;white-space:nowrap}",
    "button:hover{border-color:var(--soft)}",
    ":focus-visible{outline:2px solid var(--link);outline-offset:2px}",
    ".grid{display:grid;grid-template-columns:repeat(12,minmax(0,1fr));gap:16px;margin:16px 0}",
    ".card{grid-column:span 12;background:var(--card);border:1px solid var(--line);",
    "border-radius:12px;padding:20px 22px 22px;min-width:0}",
    ".half{grid-column:span 6}.main{grid-column:span 7}.side{grid-column:span 5}",
    ".col{display:flex;flex-direction:column;gap:16px;min-width:0}",
    ".strip{border-left:4px solid var(--fineline);background:var(--fine);border-radius:6px;",
    "padding:11px 16px;margin-top:14px;line-height:1.55}",
    ".strip.warn{border-color:var(--warnline);background:var(--warn)}",
    ".strip b{font-weight:600}",
    ".answers{display:flex;flex-wrap:wrap;gap:16px;margin-top:16px}",
    ".answer{background:var(--card);border:1px solid var(--line);border-radius:12px;",
    "padding:15px 18px 16px;min-width:0;flex:1 1 285px;overflow-wrap:break-word}",
    ".answer h2{font-size:13px;font-weight:400;color:var(--soft)}",
    ".answer p{font-size:17px;font-weight:650;line-height:1.3;letter-spacing:-.01em;margin:4px 0 "
    "6px}",
    ".answer div{font-size:12.5px;line-height:1.5;color:var(--soft)}",
    ".scroll{overflow-x:auto;margin:0 -22px;padding:0 22px}",
    "table{border-collapse:collapse;width:100%;font-size:13px;line-height:1.45}",
    "caption{text-align:left;color:var(--soft);padding-bottom:8px}",
    "th{text-align:left;font-weight:600;padding:7px 14px 7px 0;vertical-align:bottom;",
    "border-bottom:1px solid var(--line)}",
    "td{padding:9px 14px 9px 0;vertical-align:top;border-bottom:1px solid var(--line)}",
    "tbody th{font-weight:500;vertical-align:top;padding-top:9px;padding-bottom:9px}",
    "tr:last-child>td,tbody tr:last-child>th{border-bottom-color:transparent}",
    "td:last-child,th:last-child{padding-right:0}td code{overflow-wrap:anywhere}",
    ".n{text-align:right;white-space:nowrap}",
    ".nw{white-space:nowrap}",
    ".soft{color:var(--soft)}",
    ".tight .group>th{font-weight:600;padding:14px 0 3px}.group+tr>*{padding-top:4px}",
    ".chip{display:inline-block;border:1px solid currentColor;border-radius:99px;padding:0 9px 0 "
    "7px;",
    "font-size:12px;line-height:19px;white-space:nowrap}",
    ".chip i{font-style:normal;margin-right:5px;font-weight:600}",
    ".good{color:var(--good)}.bad{color:var(--bad)}.same{color:var(--same)}.open{color:var(--open)"
    "}",
    ".none{color:var(--soft)}",
    "details>summary{cursor:pointer;color:var(--link);width:fit-content}",
    "details p{margin:6px 0 2px;max-width:80ch}",
    ".claims details,.claims .soft{font-size:12.5px}.claims tr:first-child>*{padding-top:11px}",
    ".claims tr+tr>td{padding:0 0 11px}.claims tr+tr p{max-width:none}",
    ".tight td,.tight tbody th{padding-top:4px;padding-bottom:4px}",
    ".tight tbody tr:not(:last-child)>*{border-bottom-color:transparent}",
    ".tight tbody tr:last-child>*{padding-bottom:9px;border-bottom-color:var(--line)}",
    ".tight tbody tr:first-child>*{padding-top:9px}.tight th:first-child{white-space:nowrap}",
    ".claims th:first-child{white-space:normal}",
    ".tight tbody:last-child tr:last-child>*{border-bottom-color:transparent}",
    ".panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,265px),1fr));",
    "gap:24px 32px}",
    ".panels.big{grid-template-columns:repeat(auto-fill,minmax(min(100%,400px),1fr))}",
    ".panels.mid{grid-template-columns:repeat(auto-fill,minmax(min(100%,310px),1fr))}",
    ".panel{min-width:0}",
    "svg{display:block;width:100%;height:auto;overflow:visible;font-size:11px}",
    ".narrow{display:none}.wide svg{max-width:620px}.narrow svg,.panel>svg{max-width:370px}",
    "svg text{fill:var(--ink)}svg .a{fill:var(--soft)}svg .b{font-weight:600}",
    "svg .on1{fill:var(--on1)}svg .on2{fill:var(--on2)}",
    "svg .g{stroke:var(--grid)}svg .one{stroke:var(--zero);stroke-dasharray:4 3}",
    "svg .m{stroke:var(--card);stroke-width:.25}",
    "svg .l{fill:none;stroke-width:2;stroke-linejoin:round}",
    "svg .mid{stroke-width:2.5;stroke-linecap:round}",
    "svg .box{opacity:.2}svg .whisker{stroke-width:1.5}",
    "svg .best{fill:none;stroke:var(--ink);stroke-width:2}",
    "svg .n2{fill:var(--n2)}svg .n1{fill:var(--n1)}svg .z0{fill:var(--z0)}svg .p1{fill:var(--p1)}",
    "svg .p2{fill:var(--p2)}svg .p3{fill:var(--p3)}svg .p4{fill:var(--p4)}svg .p5{fill:var(--p5)}",
    "svg .p6{fill:var(--p6)}",
    "svg .s0{fill:var(--s0);stroke:var(--s0)}svg .s1{fill:var(--s1);stroke:var(--s1)}",
    "svg .s2{fill:var(--s2);stroke:var(--s2)}svg .s3{fill:var(--s3);stroke:var(--s3)}",
    "svg .s4{fill:var(--s4);stroke:var(--s4)}svg .s5{fill:var(--s5);stroke:var(--s5)}",
    "svg .s6{fill:var(--s6);stroke:var(--s6)}",
    "svg .l.s1{stroke-dasharray:7 3}svg .l.s2{stroke-dasharray:2 2.5}",
    "svg .l.s3{stroke-dasharray:9 3 2 3}svg .l.s5{stroke-dasharray:4 4}svg "
    ".l.s6{stroke-dasharray:12 4}",
    "svg .m{stroke:var(--card)}svg .l{fill:none}",
    "svg .live{stroke:var(--s1);stroke-width:2.2}svg .twin{stroke:var(--s2);stroke-dasharray:5 3}",
    "svg .formula{stroke:var(--soft);stroke-width:4;opacity:.4}",
    ".keys{color:var(--soft);font-size:12.5px;margin:0 0 8px}.over{margin:18px 0 10px}",
    ".key{display:inline-block;width:26px;margin:0 4px 3px 12px;border-top:2px solid}",
    ".key:first-child{margin-left:0}.key.live{border-color:var(--s1)}",
    ".key.twin{border-color:var(--s2);border-top-style:dashed}",
    ".key.formula{border-color:var(--soft);border-top-width:4px;opacity:.5}",
    "svg .bar{stroke:var(--card);stroke-width:.4}svg .lane{fill:var(--z0)}",
    "svg .wait{stroke:none;opacity:.5}svg .area{stroke:none;opacity:.16}",
    "svg .lost{fill:none;stroke:var(--ink);stroke-width:1.2}.act "
    "svg,.panel.act>svg{max-width:none}",
    ".act h3 .soft{font-weight:400}.sq{display:inline-block;width:11px;height:11px;",
    "border-radius:3px;margin:0 6px -1px 14px}.sq:first-child{margin-left:0}",
    ".q0{background:var(--s0)}.q1{background:var(--s1)}.q2{background:var(--s2)}",
    ".q3{background:var(--s3)}.q4{background:var(--s4)}.q5{background:var(--s5)}",
    ".q6{background:var(--s6)}.meter{min-width:88px}.meter "
    "i{display:block;height:3px;border-radius:2px;",
    "background:var(--p3);margin:2px 0 0 auto}",
    "dl{display:grid;grid-template-columns:minmax(7em,max-content) minmax(0,1fr);gap:6px "
    "22px;margin:0}",
    "dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}",
    ".words{grid-template-columns:1fr;gap:2px}.words dt{color:var(--ink);font-weight:600}",
    ".words dd{margin-bottom:10px;color:var(--soft);max-width:78ch}",
    "pre{margin:8px 0 16px;padding:11px 14px;background:var(--page);border:1px solid var(--line);",
    "border-radius:8px;overflow-x:auto;font-size:13px}",
    "footer{padding-top:8px;padding-bottom:36px;color:var(--soft);font-size:12.5px}",
    "@media(max-width:1080px){.half,.main,.side{grid-column:span 12}}",
    "@media(max-width:640px){main,header,footer{padding-left:14px;padding-right:14px}",
    "header{padding-top:20px;gap:12px}h1{font-size:22px}",
    ".card{padding:16px 15px 18px}.scroll{margin:0 -15px;padding:0 15px}",
    ".wide{display:none}.narrow{display:block}",
    ".stack thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}",
    ".stack,.stack tbody,.stack tr,.stack td,.stack tbody "
    "th{display:block;width:auto;padding-right:0}",
    ".stack tr{padding:10px 0;border-bottom:1px solid var(--line)}",
    ".stack td,.stack tbody th{border:0;padding-top:2px;padding-bottom:2px}",
    ".meter i{display:none}.stack td.n{text-align:left}.stack td:empty{display:none}",
    ".stack td[data-k]{display:inline-block;padding-right:14px}",
    ".tight tr{border:0;padding:5px 0}.tight tbody{border-bottom:1px solid var(--line);padding:7px "
    "0}",
    ".tight tbody:last-child{border:0}.claims tr+tr{padding:0}.tight .group>th{padding-top:4px}",
    ".stack.tight tbody tr:nth-child(n)>*{padding-top:2px;padding-bottom:2px;border:0}",
    ".stack td[data-k]::before{content:attr(data-k) ' ';color:var(--soft)}",
    "dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:8px}}",
    "@media print{body{background:#fff}.card,.answer{break-inside:avoid}button{display:none}}",
    NULL,
};

/* Dark when the reader's system is, unless the button (or #dark, #light in the address) says
 * otherwise; without JavaScript the page follows the system by the second copy of the colours. */
static const char *const script[] = {
    "(function(){var r=document.documentElement,b=document.getElementById('theme'),",
    "q=matchMedia('(prefers-color-scheme: dark)'),h=location.hash.slice(1),c=null;",
    "if(h==='dark'||h==='light')c=h;",
    "function set(){r.dataset.theme=c||(q.matches?'dark':'light');",
    "b.textContent=r.dataset.theme==='dark'?'Light':'Dark';}",
    "b.hidden=false;b.onclick=function(){c=r.dataset.theme==='dark'?'light':'dark';set();};",
    "q.addEventListener('change',set);set();})();",
    NULL,
};

/* Where the dark palette stands in `style`. */
enum { DARK_FIRST = 6, DARK_COUNT = 6 };

void lab_html_style(FILE *out) {
    (void)fputs("<style>\n", out);
    for (size_t i = 0; style[i]; i++)
        (void)fprintf(out, "%s\n", style[i]);
    (void)fputs("@media(prefers-color-scheme:dark){:root:not([data-theme]){", out);
    const char *first = style[DARK_FIRST];
    while (*first != '{')
        first++;
    (void)fputs(first + 1, out);
    for (size_t i = DARK_FIRST + 1; i < DARK_FIRST + DARK_COUNT; i++)
        (void)fputs(style[i], out);
    (void)fputs("}\n</style>\n", out);
}

void lab_html_script(FILE *out) {
    (void)fputs("<script>\n", out);
    for (size_t i = 0; script[i]; i++)
        (void)fprintf(out, "%s\n", script[i]);
    (void)fputs("</script>\n", out);
}
