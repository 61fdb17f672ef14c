package io.github.licseal;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** A test vector, which testdata/README.md describes. */
record Vector(String name, List<String[]> lines, byte[] file) {
    static Stream<Vector> all(String folder) throws IOException {
        return Files.list(Path.of("../../testdata", folder)).filter(path -> path.toString().endsWith(".txt")).sorted().map(Vector::read);
    }

    private static Vector read(Path path) {
        try {
            byte[] text = Files.readAllBytes(path);
            int end = new String(text, StandardCharsets.ISO_8859_1).indexOf("\n\n");
            String header = new String(text, 0, end, StandardCharsets.UTF_8);
            List<String[]> lines = Arrays.stream(header.split("\n")).map(line -> line.split(": ", 2)).toList();
            return new Vector(path.getFileName().toString().replace(".txt", ""), lines, Arrays.copyOfRange(text, end + 2, text.length));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<String> all(Object key) {
        return lines.stream().filter(line -> line[0].equals(key)).map(line -> line[1]).toList();
    }

    String get(String key, String otherwise) {
        return all((Object) key).isEmpty() ? otherwise : all((Object) key).get(0);
    }

    List<TrustedKey> keys() {
        List<TrustedKey> keys = new ArrayList<>();
        for (String[] line : lines) {
            if (line[0].equals("ed25519") || line[0].equals("p256")) keys.add(key(line[0], line[1].split(" ")));
        }
        return keys;
    }

    private static TrustedKey key(String kind, String[] words) {
        String type = kind.equals("p256") ? "ecdsa-sha2-nistp256" : "ssh-ed25519";
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        List<byte[]> parts = new ArrayList<>(List.of(type.getBytes(StandardCharsets.UTF_8), HexFormat.of().parseHex(words[0])));
        if (kind.equals("p256")) parts.add(1, "nistp256".getBytes(StandardCharsets.UTF_8));
        for (byte[] part : parts) {
            wire.writeBytes(new byte[] {0, 0, 0, (byte) part.length});
            wire.writeBytes(part);
        }
        Instant after = null, before = null;
        for (String word : Arrays.copyOfRange(words, 1, words.length)) {
            Instant time = Times.time(word.split("=")[1]);
            if (word.startsWith("after")) after = time;
            else before = time;
        }
        return TrustedKeys.parse((type + " " + Base64.getEncoder().encodeToString(wire.toByteArray())).getBytes(StandardCharsets.UTF_8)).get(0).with("", List.of(), after, before);
    }

    /** A licence that a new key has signed, and the PEM of the key. */
    record Issued(String license, String keys) {
        byte[] bytes() {
            return license.getBytes(StandardCharsets.UTF_8);
        }

        List<TrustedKey> trusted() {
            return TrustedKeys.parse(keys.getBytes(StandardCharsets.UTF_8));
        }
    }

    static Issued issue(String payload) throws GeneralSecurityException {
        KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        Signature signer = Signature.getInstance("Ed25519");
        signer.initSign(pair.getPrivate());
        signer.update(payload.getBytes(StandardCharsets.UTF_8));
        String license = "{\"license\":{\"payload\":" + payload + ",\"signature\":\"" + HexFormat.of().formatHex(signer.sign()) + "\",\"version\":\"1\"}}";
        return new Issued(license, "-----BEGIN PUBLIC KEY-----\n" + Base64.getEncoder().encodeToString(pair.getPublic().getEncoded()) + "\n-----END PUBLIC KEY-----\n");
    }
}
