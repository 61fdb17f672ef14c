package io.github.licseal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

class VectorsTest {
    private interface Judge {
        Object judge() throws Refused;
    }

    /** Returns what a verdict is called in the vectors. */
    private static String word(Judge judge) {
        try {
            return judge.judge() instanceof License license && license.state() == License.State.IN_GRACE ? "in-grace" : "accepted";
        } catch (Refused refused) {
            return refused.code();
        }
    }

    private static Verifier verifier(Vector v) {
        return new Verifier(v.keys()).at(Times.time(v.get("time", ""))).grace(Duration.ofSeconds(Long.parseLong(v.get("grace", "0"))));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @TestFactory
    Stream<DynamicTest> licences() throws IOException {
        return Vector.all("vectors").map(v -> DynamicTest.dynamicTest(v.name(), () -> {
            assertEquals(v.get("expect", ""), word(() -> verifier(v).verify(v.file())), v.get("why", ""));
            if (!v.get("expect", "").equals("accepted")) return;
            String canonical = Document.canonical(verifier(v).verify(v.file()).payload());
            assertEquals(true, v.get("canonical", "").contains("\"payload\":" + canonical + ",\"signature\""));
        }));
    }

    @TestFactory
    Stream<DynamicTest> revocationLists() throws IOException {
        return Vector.all("revocations").map(v -> DynamicTest.dynamicTest(v.name(), () ->
            assertEquals(v.get("expect", ""), word(() -> verifier(v).revocations(v.file()).verify(utf8(v.get("license", "")))), v.get("why", ""))));
    }

    @TestFactory
    Stream<DynamicTest> chainsOfTrust() throws IOException {
        return Vector.all("trust").map(v -> DynamicTest.dynamicTest(v.name(), () -> {
            List<String> seen = v.all((Object) "seen");
            byte[] known = seen.isEmpty() ? null : utf8(String.join("\n", seen));
            assertEquals(v.get("expect", ""), word(() -> Chain.follow(v.file(), v.get("anchor", ""), known)), v.get("why", ""));
            if (!v.get("expect", "").equals("accepted")) return;
            Chain chain = Chain.follow(v.file(), v.get("anchor", ""), known);
            assertEquals(Long.parseLong(v.get("generation", "")), chain.generation());
            assertEquals(v.all((Object) "key"), chain.keys().stream().map(TrustedKey::id).toList());
            assertArrayEquals(chain.seen(), Chain.follow(chain.seen(), v.get("anchor", ""), chain.seen()).seen());
        }));
    }

    @TestFactory
    @SuppressWarnings("unchecked")
    Stream<DynamicTest> storiesOfAReaderThatRemembers() throws IOException {
        Map<String, Object> file = (Map<String, Object>) Client.read(Files.readString(Path.of("../../testdata/vectors.json")));
        List<Map<String, Object>> vectors = (List<Map<String, Object>>) file.get("vectors");
        return vectors.stream().filter(v -> v.get("part").equals("memory")).map(v -> {
            Map<String, Object> request = (Map<String, Object>) v.get("request"), expect = (Map<String, Object>) v.get("expect");
            return DynamicTest.dynamicTest((String) request.get("id"), () -> {
                List<Map<String, Object>> answers = (List<Map<String, Object>>) Client.answer(request).get("steps"), steps = new ArrayList<>();
                answers.forEach(answer -> answer.remove("message"));
                for (Map<String, Object> step : (List<Map<String, Object>>) expect.get("steps")) {
                    Map<String, Object> expected = new TreeMap<>(step);
                    if (step.containsKey("generation")) expected.putIfAbsent("keys", List.of());
                    steps.add(expected);
                }
                assertEquals(steps, answers, (String) v.get("why"));
            });
        });
    }
}
