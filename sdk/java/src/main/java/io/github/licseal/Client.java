package io.github.licseal;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** The command line by which this package is tested: docs/conformance.md describes it. */
final class Client {
    private static final Map<String, Integer> CODES = Map.of("", 0, "usage", 2, "parse", 3, "schema", 4, "signature", 5, "not-yet-valid", 6, "expired", 7, "revoked", 8);
    private static final Set<String> MEMBERS = Set.of("id", "document", "keys", "trust", "time", "grace", "revocations", "roles", "story");
    private static final Set<String> STEPS = Set.of("chain", "revocations", "document", "root", "keys", "time");
    private static final String USAGE = """
        usage: java -jar licseal.jar verify KEYS TIME GRACE [LIST] < LICENCE
               java -jar licseal.jar trust ROOT [SEEN] < CHAIN
               java -jar licseal.jar serve""";

    private Client() {}

    public static void main(String[] args) throws IOException {
        if (args.length == 1 && args[0].equals("serve")) serve();
        else System.exit(one(args));
    }

    private static void serve() throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            Map<String, Object> request = object(read(line)), answer = answer(request);
            answer.put("id", request.get("id"));
            out.println(Document.canonical(answer));
        }
    }

    static Object read(String line) {
        try {
            return new Reader(Document.utf8(line)).value(true);
        } catch (Refused refused) {
            throw new IllegalArgumentException("not a request: " + refused.getMessage());
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> object(Object value) {
        return (Map<String, Object>) value;
    }

    static Map<String, Object> answer(Map<String, Object> request) {
        return answer(() -> judge(request));
    }

    private interface Judge {
        Map<String, Object> judge() throws Refused;
    }

    private static Map<String, Object> answer(Judge judge) {
        try {
            return judge.judge();
        } catch (Refused refused) {
            return new TreeMap<>(Map.of("reason", refused.reason(), "class", refused.code(), "message", refused.getMessage()));
        } catch (IllegalArgumentException | ClassCastException | NullPointerException e) {
            return new TreeMap<>(Map.of("reason", "usage", "message", String.valueOf(e.getMessage())));
        }
    }

    private static byte[] bytes(Object text) {
        return Base64.getDecoder().decode((String) text);
    }

    /** Answers a request of the protocol. */
    private static Map<String, Object> judge(Map<String, Object> request) throws Refused {
        if (!MEMBERS.containsAll(request.keySet())) throw new IllegalArgumentException("an unknown member");
        if (request.containsKey("story")) return tell(object(request.get("story")), (String) request.get("time"));
        Chain chain = request.containsKey("trust") ? chain(object(request.get("trust"))) : null;
        if (!request.containsKey("document") && chain != null) {
            List<String> ids = chain.keys().stream().map(TrustedKey::id).toList();
            return new TreeMap<>(Map.of("reason", "", "class", "accepted", "generation", chain.generation(), "keys", ids));
        }
        Verifier verifier = chain != null ? new Verifier(chain) : new Verifier(TrustedKeys.parse(Document.utf8((String) request.get("keys"))));
        Instant time = Times.time((String) request.get("time"));
        if (time == null) throw new IllegalArgumentException("the time is not an RFC 3339 time");
        verifier = verifier.at(time).grace(Duration.ofSeconds((Long) request.getOrDefault("grace", 0L)));
        if (request.containsKey("roles")) verifier = verifier.roles(roles(object(request.get("roles"))));
        if (request.containsKey("revocations")) verifier = verifier.revocations(bytes(request.get("revocations")));
        return verdict(verifier.verify(bytes(request.get("document"))));
    }

    /** The reader of a story. */
    private static final class Told {
        String root, keys, time, memory;
        byte[] list; // the newest one taken

        /** Hands the reader what a step has. */
        Map<String, Object> take(Map<String, Object> step) throws Refused {
            if (!STEPS.containsAll(step.keySet())) throw new IllegalArgumentException("an unknown member");
            if (step.containsKey("time")) {
                time = (String) step.get("time");
                return new TreeMap<>(Map.of("reason", "", "class", "accepted"));
            }
            Instant now = Times.time(time);
            byte[] given = step.containsKey("revocations") ? bytes(step.get("revocations")) : step.containsKey("document") ? list : null;
            String anchor = step.containsKey("keys") ? null : (String) step.getOrDefault("root", root);
            Memory known = Memory.of(memory).clock(Clock.fixed(now, ZoneOffset.UTC));
            Basis basis = anchor != null ? known.advance(anchor, step.containsKey("chain") ? bytes(step.get("chain")) : null, given)
                : known.advance(TrustedKeys.parse(Document.utf8((String) step.getOrDefault("keys", keys))), given);
            memory = basis.memory();
            if (step.containsKey("document")) return verdict(new Verifier(basis).at(now).verify(bytes(step.get("document"))));
            for (Refused warning : basis.warnings()) {
                if (!warning.code().equals("missing")) throw warning;
            }
            Refused refusal = basis.refusal().orElse(null);
            boolean isChain = step.containsKey("chain") && basis.generation() > 0 && refusal != null && refusal.code().equals("no-keys");
            if (refusal != null && !isChain) throw refusal;
            list = basis.listGeneration() == 0 ? null : given == null ? list : given;
            Map<String, Object> taken = new TreeMap<>(Map.of("reason", "", "class", "accepted"));
            if (anchor != null && given == null) {
                taken.putAll(Map.of("generation", basis.generation(), "keys", basis.keys().stream().map(TrustedKey::id).toList()));
            }
            return taken;
        }
    }

    /** Answers a request with a story. */
    private static Map<String, Object> tell(Map<String, Object> story, String time) {
        Told reader = new Told();
        reader.root = (String) story.get("root");
        reader.keys = (String) story.get("keys");
        reader.time = time;
        List<Object> answers = new ArrayList<>();
        for (Object step : (List<?>) story.get("steps")) answers.add(answer(() -> reader.take(object(step))));
        return new TreeMap<>(Map.of("reason", "", "steps", answers));
    }

    private static Map<String, Object> verdict(License license) {
        String state = license.state() == License.State.IN_GRACE ? "in-grace" : "accepted";
        return new TreeMap<>(Map.of("reason", "", "class", state, "digest", license.digest()));
    }

    private static Roles roles(Map<String, Object> roles) {
        Roles d = Roles.DEFAULT;
        if (!Set.of("id", "not_before", "not_after", "grace").containsAll(roles.keySet())) throw new IllegalArgumentException("an unknown role");
        return new Roles((String) roles.getOrDefault("id", d.id()), (String) roles.getOrDefault("not_before", d.notBefore()),
            (String) roles.getOrDefault("not_after", d.notAfter()), (String) roles.getOrDefault("grace", d.grace()));
    }

    private static Chain chain(Map<String, Object> trust) throws Refused {
        byte[] seen = null;
        if (trust.get("seen") instanceof List<?> documents) {
            ByteArrayOutputStream all = new ByteArrayOutputStream();
            for (int i = 0; i < documents.size(); i++) {
                if (i > 0) all.write('\n');
                all.writeBytes(bytes(documents.get(i)));
            }
            seen = all.toByteArray();
        }
        return Chain.follow(bytes(trust.get("chain")), (String) trust.get("root"), seen);
    }

    /** Judges one document, and returns the exit code. */
    private static int one(String[] args) throws IOException {
        Map<String, Object> request = new TreeMap<>();
        if ((args.length == 4 || args.length == 5) && args[0].equals("verify")) {
            request.putAll(Map.of("keys", Files.readString(Path.of(args[1])), "time", args[2], "grace", Long.valueOf(args[3]), "document", base64(System.in.readAllBytes())));
            if (args.length == 5) request.put("revocations", base64(Files.readAllBytes(Path.of(args[4]))));
        } else if ((args.length == 2 || args.length == 3) && args[0].equals("trust")) {
            Map<String, Object> trust = new TreeMap<>(Map.of("root", args[1], "chain", base64(System.in.readAllBytes())));
            if (args.length == 3) trust.put("seen", List.of(base64(Files.readAllBytes(Path.of(args[2])))));
            request.put("trust", trust);
        } else {
            System.err.println(USAGE);
            return 2;
        }
        Map<String, Object> answer = answer(request);
        String reason = (String) answer.get("reason");
        if (reason.isEmpty()) System.out.println("accepted");
        else System.err.println(reason + ": " + answer.get("message"));
        return CODES.getOrDefault(reason, 1);
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
