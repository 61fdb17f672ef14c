package io.github.licseal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;

class VerifierTest {
    private static final Instant AT = Instant.parse("2026-07-01T12:00:00Z");
    private static final String PAYLOAD = "{\"customer\":\"Example\",\"license_creation_date\":\"2026-01-01\",\"license_expiration_date\":\"2027-01-01\"}";
    private static final String ED25519 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c";

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Refused refusal(Verifier verifier, String license) {
        return assertThrows(Refused.class, () -> verifier.verify(utf8(license)));
    }

    @Test
    void settingsThatAreRefused() throws Exception {
        Verifier verifier = new Verifier(Vector.issue(PAYLOAD).trusted());
        assertThrows(IllegalArgumentException.class, () -> verifier.grace(Duration.ofSeconds(-1)));
        assertThrows(IllegalArgumentException.class, () -> new Verifier(List.of()));
        for (String pointer : List.of("key", "", "/a~2")) assertThrows(IllegalArgumentException.class, () -> new Roles(pointer, "/a", "/b", ""));
        assertThrows(IllegalArgumentException.class, () -> Chain.follow(new byte[0], "", null));
    }

    @Test
    void aRefusalCarriesWhatWasVerified() throws Exception {
        Vector.Issued issued = Vector.issue(PAYLOAD);
        Verifier verifier = new Verifier(issued.trusted());
        Instant end = Instant.parse("2027-01-01T00:00:00Z");
        License expired = refusal(verifier.at(end), issued.license()).license().orElseThrow();
        assertEquals("Example", expired.payload().get("customer"));
        assertEquals(License.State.EXPIRED, expired.state());
        assertEquals(License.State.IN_GRACE, verifier.at(end).grace(Duration.ofDays(1)).verify(issued.bytes()).state());
        assertTrue(refusal(verifier.at(AT), issued.license().replace("2027", "2028")).license().isEmpty());
        assertThrows(UnsupportedOperationException.class, () -> expired.payload().clear());
        Vector revoked = vector("key-revoked");
        Refused refused = refusal(new Verifier(revoked.keys()).at(AT).revocations(revoked.file()), revoked.get("license", ""));
        assertEquals("key-revoked", refused.code());
        assertTrue(refused.license().isEmpty());
    }

    private static Vector vector(String name) throws IOException {
        return Vector.all("revocations").filter(v -> v.name().equals(name)).findFirst().orElseThrow();
    }

    @Test
    void theSizeOfALicence() throws Exception {
        Vector.Issued issued = Vector.issue(PAYLOAD);
        Verifier verifier = new Verifier(issued.trusted()).at(AT);
        String padded = issued.license() + " ".repeat(65536 - issued.license().length());
        assertEquals(License.State.VALID, verifier.verify(utf8(padded)).state());
        assertEquals("too-large", refusal(verifier, padded + " ").code());
        Vector.Issued large = Vector.issue(PAYLOAD.replace("\"Example\"", "[1" + ",1000000000000000".repeat(4500) + "]"));
        assertEquals("too-large", refusal(new Verifier(large.trusted()).at(AT), large.license().replace("1000000000000000", "1e15")).code());
    }

    @Test
    void hostileTexts() throws Exception {
        Vector.Issued issued = Vector.issue(PAYLOAD);
        Verifier verifier = new Verifier(issued.trusted()).at(AT);
        assertEquals("syntax", refusal(verifier, issued.license().replace("\"signature\":\"", "\"signature\":" + "[".repeat(30000))).code());
        assertEquals("number-range", refusal(verifier, issued.license().replace("\"Example\"", "1e" + "9".repeat(60000))).code());
        assertEquals("number-range", refusal(verifier, issued.license().replace("\"Example\"", "9".repeat(60000))).code());
    }

    @Test
    void theClockIsHeldAgainstAList() throws Exception {
        Vector v = vector("accepted-empty");
        Verifier verifier = new Verifier(v.keys()).revocations(v.file());
        Instant issued = Instant.parse("2026-06-15T00:00:00Z");
        byte[] license = utf8(v.get("license", ""));
        Clock behind = Clock.fixed(issued.minus(Duration.ofHours(25)), ZoneOffset.UTC), right = Clock.fixed(issued.minus(Duration.ofHours(23)), ZoneOffset.UTC);
        assertEquals("clock", assertThrows(Refused.class, () -> verifier.clock(behind).verify(license)).reason());
        assertEquals(License.State.VALID, verifier.clock(right).verify(license).state());
    }

    @Test
    void filesOfTrustedKeysThatAreRefused() {
        for (String file : List.of(
            "", "# nothing\n", ED25519 + "\nnonsense", ED25519 + "\n" + ED25519, ED25519 + " one " + ED25519, ED25519.replace("AAAAC3", "AAAAC4"),
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", // small order
            "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQE=", "vendor cert-authority " + ED25519, "vendor valid-after=\"20260101\" " + ED25519,
            "vendor valid-after=\"20270101Z\",valid-before=\"20260101Z\" " + ED25519, "vendor unknown=\"x\" " + ED25519, "vendor namespaces=\"file\" " + ED25519,
            "vendor valid-before=\"20270101Z\" " + ED25519 + "\nvendor valid-after=\"20261231Z\" " + ED25519, "restrict " + ED25519, "vendor a=\"" + "\\\"".repeat(100000) + " " + ED25519,
            "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB\n-----END PRIVATE KEY-----", "-----BEGIN PUBLIC KEY-----\nAAAA")) {
            assertThrows(IllegalArgumentException.class, () -> TrustedKeys.parse(utf8(file)), file);
        }
        assertThrows(IllegalArgumentException.class, () -> TrustedKeys.parse(new byte[] {(byte) 0xff}));
        String offCurve = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBG/wO5SSQc4drdQ1GeaWDgqFtBppoFwygQOqK84VlMoWPE91OlW/AdxT9sCwx+7ni0DG/30lqW4igrmJzvccFEo=";
        assertEquals(1, TrustedKeys.parse(utf8(offCurve)).size());
        assertThrows(IllegalArgumentException.class, () -> TrustedKeys.parse(utf8(offCurve.replace("cFEo=", "cFEs="))));
    }

    @Test
    void filesOfTrustedKeysThatAreRead() {
        String[][] files = {
            {"# comment\n\n  " + ED25519 + " a name\r\n"}, {"vendor,*@vendor.example namespaces=\"file,lic*\" " + ED25519, "vendor", "*@vendor.example"},
            {"\"a b\" valid-after=\"20260101Z\",valid-before=\"20270101Z\" " + ED25519 + "\nx namespaces=\"git\" ssh-rsa AAAAB3\n", "a b"}};
        for (String[] file : files) {
            List<TrustedKey> keys = TrustedKeys.parse(utf8(file[0]));
            assertEquals(1, keys.size());
            assertEquals("SHA256:fe85JkIjo8VPe+XqXJGH5Mau1EMFdK1OdKvJUFicyA8", keys.get(0).id());
            assertEquals(List.of(file).subList(1, file.length), keys.get(0).principals());
        }
    }

    private static Vector chain() throws IOException {
        return Vector.all("trust").filter(v -> v.name().equals("accepted-chain")).findFirst().orElseThrow();
    }

    private static Memory at(String memory, Instant now) {
        return Memory.of(memory).clock(Clock.fixed(now, ZoneOffset.UTC));
    }

    private static String code(Basis basis) {
        return assertThrows(Refused.class, () -> new Verifier(basis)).code();
    }

    @Test
    void aMemoryIsATextThatTheCallerKeeps() throws Exception {
        Vector.Issued issued = Vector.issue(PAYLOAD);
        Basis first = at(null, AT).advance(issued.trusted(), null);
        assertEquals("{\"latest\":\"2026-07-01T12:00:00Z\",\"version\":\"1\"}", first.memory());
        assertEquals(License.State.VALID, new Verifier(first).at(AT).verify(issued.bytes()).state());
        Instant behind = Instant.parse("2026-06-30T11:59:59Z");
        Basis back = at(first.memory(), behind).advance(issued.trusted(), null);
        assertEquals(first.memory(), back.memory());
        assertEquals("clock", refusal(new Verifier(back).at(behind), issued.license()).reason());
        for (String damaged : List.of("", "{}", "null", "{\"version\":\"2\"}", "{\"version\":\"1\",\"latest\":1}", "{\"version\":\"1\",\"list\":{}}",
            "{\"version\":\"1\",\"other\":1}", "{\"version\":\"1\",\"trust\":1}", first.memory() + "}")) {
            assertThrows(IllegalArgumentException.class, () -> Memory.of(damaged), damaged);
        }
        assertThrows(IllegalArgumentException.class, () -> Memory.of(null).advance(List.of(), null));
        assertThrows(IllegalArgumentException.class, () -> at(null, Instant.MAX).advance(issued.trusted(), null));
        assertThrows(IllegalStateException.class, () -> new Verifier(first).revocations(new byte[0]));
    }

    @Test
    void aChainThatIsRefusedLeavesWhatIsRememberedInForce() throws Exception {
        Vector v = chain();
        String anchor = v.get("anchor", ""), text = new String(v.file(), StandardCharsets.UTF_8);
        Basis first = at(null, AT).advance(anchor, v.file(), null);
        Basis forged = at(first.memory(), AT).advance(anchor, utf8(text.replace("\"issued\"", "\"Issued\"")), null);
        assertTrue(forged.refusal().isEmpty());
        assertEquals(1, forged.warnings().size());
        assertEquals(first.generation(), forged.generation());
        assertEquals(first.memory(), forged.memory());
        assertEquals("anchor", code(Memory.of(first.memory()).advance(TrustedKeys.parse(utf8(ED25519)), null)));
        assertEquals("anchor", code(Memory.of(first.memory()).advance("0".repeat(64), v.file(), null)));
        assertEquals("gap", code(Memory.of(null).advance(anchor, null, null)));
    }

    @Test
    void aListThatWasSeenBeforeAndIsMissingIsAWarning() throws Exception {
        Vector v = vector("accepted-empty");
        Basis first = at(null, AT).advance(v.keys(), v.file());
        Basis basis = at(first.memory(), AT).advance(v.keys(), null);
        assertTrue(first.listGeneration() > 0 && basis.listGeneration() == first.listGeneration() && basis.refusal().isEmpty());
        assertEquals("missing", basis.warnings().get(0).code());
    }
}
