# Rscript scale.R, in this folder: what psych and factanal say of the five items of scale.csv
suppressMessages(library(psych))
d <- read.csv("scale.csv")
tight <- factanal(d, 1, control = list(opt = list(factr = 1, pgtol = 0, maxit = 10000)))
own <- fa(d, nfactors = 1, fm = "ml")
total <- suppressWarnings(suppressMessages(omega(d, nfactors = 1, fm = "ml", plot = FALSE)))
agreed <- cohen.kappa(d[, c("q1", "q2")])
put <- function(name, x) sprintf('  "%s": %s', name, if (length(x) > 1) paste0("[", paste(sprintf("%.15g", x), collapse = ", "), "]") else sprintf("%.15g", x))
said <- c(
  sprintf('  "versions": "R %s, psych %s, GPArotation %s"', getRversion(), packageVersion("psych"), packageVersion("GPArotation")),
  put("factanal_loadings", abs(tight$loadings[, 1])), put("factanal_uniquenesses", tight$uniquenesses),
  put("fa_loadings", abs(own$loadings[, 1])), put("fa_uniquenesses", own$uniquenesses),
  put("omega_total", total$omega.tot), put("alpha", psych::alpha(d)$total$raw_alpha),
  put("kappa", agreed$kappa), put("kappa_low_high", agreed$confid["unweighted kappa", c(1, 3)]),
  put("weighted_kappa", agreed$weighted.kappa))
writeLines(c("{", paste(said, collapse = ",\n"), "}"), "scale.json")
