import java.io.File;
import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.flavours.PDFAFlavour;

/** Holds PDF files against all rules of PDF/A-2a and PDF/UA-1 that veraPDF knows: java -cp JAR VeraPdf.java FILE… Ends with 1 where one is broken. */
class VeraPdf {
    private static final String[] STANDARDS = {"2a", "ua1"};

    public static void main(String[] files) throws Exception {
        VeraGreenfieldFoundryProvider.initialise();
        boolean all = true;
        for (String file : files) {
            for (String standard : STANDARDS) {
                PDFAFlavour flavour = PDFAFlavour.fromString(standard);
                try (var parser = Foundries.defaultInstance().createParser(new File(file), flavour)) {
                    var result = Foundries.defaultInstance().createValidator(flavour, false).validate(parser);
                    all &= result.isCompliant();
                    result.getTestAssertions().stream().limit(10).forEach(broken -> System.err.println(
                        broken.getRuleId().getClause() + ": " + broken.getMessage() + " " + broken.getLocation().getContext()));
                    System.out.println(flavour + ": " + result.getTotalAssertions() + " checks, " + (result.isCompliant() ? "all hold" : "some fail"));
                }
            }
        }
        System.exit(all ? 0 : 1);
    }
}
