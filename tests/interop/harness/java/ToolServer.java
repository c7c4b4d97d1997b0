import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import org.apache.kafka.common.utils.Exit;

/**
 * Runs the main methods of Kafka's tools one after another in one JVM, because starting one costs a second each.
 * A request is a line of base64 words: main class, standard input, arguments. A response is a line: exit code, stdout, stderr.
 * The jars given as arguments are loaded anew for every run, so that no tool meets the static state of the run before.
 */
public final class ToolServer {
    private static final class Exited extends Error {
        Exited() {
            super(null, null, false, false);
        }
    }

    /** Exit code of the current run, or null. Some tools catch what is thrown and exit once more: the first one counts. */
    private static Integer status;
    private static int errorBytes;
    /** What a tool wants done when its JVM ends, such as sending what is buffered: done when the run ends. */
    private static final List<Runnable> shutdownHooks = new ArrayList<>();
    private static ByteArrayOutputStream stderr;

    public static void main(String[] jars) throws Exception {
        URL[] urls = new URL[jars.length];
        for (int i = 0; i < jars.length; i++) urls[i] = Path.of(jars[i]).toUri().toURL();
        PrintStream out = System.out;
        PrintStream err = System.err;
        Exit.setExitProcedure((code, message) -> exit(code));
        Exit.setHaltProcedure((code, message) -> exit(code));
        Exit.setShutdownHookAdder((name, hook) -> shutdownHooks.add(hook));
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
        for (String line = requests.readLine(); line != null; line = requests.readLine()) {
            String[] words = line.split(" ", -1);
            ByteArrayOutputStream stdout = new ByteArrayOutputStream();
            stderr = new ByteArrayOutputStream();
            status = null;
            System.setOut(new PrintStream(stdout, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(stderr, true, StandardCharsets.UTF_8));
            System.setIn(new ByteArrayInputStream(decode(words[1])));
            String[] args = Arrays.stream(words).skip(2).map(ToolServer::text).toArray(String[]::new);
            run(urls, text(words[0]), args);
            shutdownHooks.forEach(Runnable::run);
            shutdownHooks.clear();
            finish(0);
            System.setOut(out);
            System.setErr(err);
            byte[] errors = Arrays.copyOf(stderr.toByteArray(), errorBytes);
            out.println(status + " " + encode(stdout.toByteArray()) + " " + encode(errors));
            out.flush();
        }
    }

    private static void exit(int code) {
        finish(code);
        throw new Exited();
    }

    private static void finish(int code) {
        System.out.flush();
        System.err.flush();
        if (status != null) return;
        status = code;
        errorBytes = stderr.size();
    }

    private static void run(URL[] urls, String mainClass, String[] args) throws Exception {
        try (URLClassLoader loader = new URLClassLoader(urls, ToolServer.class.getClassLoader())) {
            Thread.currentThread().setContextClassLoader(loader);
            loader.loadClass(mainClass).getMethod("main", String[].class).invoke(null, (Object) args);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof Exited) return;
            StringWriter trace = new StringWriter();
            e.getCause().printStackTrace(new PrintWriter(trace));
            System.err.println(trace);
            finish(1);
        }
    }

    private static byte[] decode(String word) {
        return Base64.getDecoder().decode(word);
    }

    private static String text(String word) {
        return new String(decode(word), StandardCharsets.UTF_8);
    }

    private static String encode(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
