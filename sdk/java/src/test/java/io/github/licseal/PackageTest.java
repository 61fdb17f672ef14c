package io.github.licseal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

class PackageTest {
    private static String find(String pattern) throws IOException {
        Matcher match = Pattern.compile(pattern, Pattern.DOTALL).matcher(Files.readString(Path.of("README.md")));
        assertTrue(match.find());
        return match.group(1);
    }

    private static String run(Path dir, String tool, String... args) throws Exception {
        List<String> command = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", tool).toString()));
        command.addAll(List.of(args));
        Process process = new ProcessBuilder(command).directory(dir.toFile()).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        return output;
    }

    @Test
    @EnabledIfSystemProperty(named = "licseal.jar", matches = ".+", disabledReason = "no jar was given")
    void theExampleOfTheReadmeRunsWithTheJar(@TempDir Path dir) throws Exception {
        Path jar = Files.copy(Path.of(System.getProperty("licseal.jar")), dir.resolve("licseal.jar"));
        Files.writeString(dir.resolve("App.java"), find("```java\n(.*?)```"));
        Vector.Issued issued = Vector.issue("{\"customer\":\"Example\",\"license_creation_date\":\"2020-01-01\",\"license_expiration_date\":\"2999-01-01\"}");
        Files.writeString(dir.resolve("vendor.keys"), issued.keys());
        Files.writeString(dir.resolve("license.json"), issued.license());
        run(dir, "javac", "--module-path", jar.toString(), "--add-modules", "io.github.licseal", "App.java");
        String[] app = {"--module-path", jar.toString(), "--add-modules", "io.github.licseal", "-cp", ".", "App"};
        assertEquals("Example: VALID, until 2999-01-01T00:00:00Z\n", run(dir, "java", app));
        Files.writeString(dir.resolve("license.json"), issued.license().replace("2999", "3000"));
        assertTrue(run(dir, "java", app).startsWith("refused (signature)"));
    }

    @Test
    void theCodeIsWithinTheBudgetThatTheReadmeStates() throws IOException {
        int lines = 0;
        try (Stream<Path> files = Files.walk(Path.of("src/main"))) {
            for (Path file : files.filter(path -> path.toString().endsWith(".java") && !path.endsWith("Client.java")).toList()) {
                String code = Files.readString(file).replaceAll("(?s)/\\*.*?\\*/", "");
                lines += code.lines().filter(line -> !line.isBlank() && !line.strip().startsWith("//")).count();
            }
        }
        int budget = Integer.parseInt(find("at most (\\d+) lines of code"));
        assertTrue(lines <= budget, lines + " lines of code, and the budget is " + budget);
    }
}
