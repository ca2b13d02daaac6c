import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A small portal with simple single sign-on (remote login), in the JDK's own classes.
 *
 * <p>Formula: HMAC-MD5 over name, email and timestamp, keyed with the shared secret.
 */
public final class Portal {
    private static final URI BASE = URI.create(System.getenv("LAB_BASE_URL"));
    private static final String REMOTE_LOGIN_URL = System.getenv("LAB_IDP_REMOTE_LOGIN_URL");
    private static final byte[] SECRET = System.getenv("LAB_SECRET").getBytes(StandardCharsets.UTF_8);
    private static final long OLDEST = 30 * 60;
    private static final long MOST_AHEAD = 30;
    private static final Pattern ADDRESS =
            Pattern.compile("[\\w.!#$%&'*+/=?^`{|}~-]+@[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+");
    private static final Pattern SECONDS = Pattern.compile("([0-9]{1,18})(\\.[0-9]+)?");
    private static final Pattern COOKIE = Pattern.compile("(?:^|;\\s*)session=([\\w-]+)");
    private static final Map<String, Map<String, String>> CONTACTS = new ConcurrentHashMap<>();
    private static final Map<String, Map<String, String>> SESSIONS = new ConcurrentHashMap<>();
    private static final SecureRandom RANDOM = new SecureRandom();

    private Portal() {}

    /** A login that is not accepted; the text says why. */
    private static final class Refused extends Exception {
        Refused(String why) {
            super(why);
        }
    }

    /** Returns the query's parameters by name. */
    private static Map<String, String> parsed(String query) throws Refused {
        Map<String, String> given = new HashMap<>();
        for (String pair : query.split("&")) {
            String[] parts = pair.split("=", 2);
            String name = decoded(parts[0]);
            if (given.put(name, decoded(parts.length > 1 ? parts[1] : "")) != null) {
                throw new Refused("Login was unsuccessful! More than one " + name + ".");
            }
        }
        return given;
    }

    /** Undoes form encoding. URLDecoder alone would put U+FFFD for what is not UTF-8. */
    private static String decoded(String text) throws Refused {
        try {
            byte[] bytes = URLDecoder.decode(text, StandardCharsets.ISO_8859_1).getBytes(StandardCharsets.ISO_8859_1);
            return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException | IllegalArgumentException error) {
            throw new Refused("Login was unsuccessful! The query is not UTF-8.");
        }
    }

    /** Returns the parameters of an acceptable login. */
    private static Map<String, String> judge(String query) throws Refused, GeneralSecurityException {
        Map<String, String> given = parsed(query);
        for (String field : new String[] {"name", "email", "timestamp", "hash"}) {
            if (given.getOrDefault(field, "").isBlank()) {
                throw new Refused("Login was unsuccessful! The " + field + " is missing.");
            }
        }
        String name = given.get("name");
        String email = given.get("email");
        String timestamp = given.get("timestamp");
        Mac mac = Mac.getInstance("HmacMD5");
        mac.init(new SecretKeySpec(SECRET, "HmacMD5"));
        byte[] digest = mac.doFinal((name + email + timestamp).getBytes(StandardCharsets.UTF_8));
        byte[] expected = HexFormat.of().formatHex(digest).getBytes(StandardCharsets.US_ASCII);
        if (!MessageDigest.isEqual(expected, given.get("hash").getBytes(StandardCharsets.UTF_8))) {
            throw new Refused("Login was unsuccessful! The hash does not match.");
        }
        Matcher seconds = SECONDS.matcher(timestamp);
        if (!seconds.matches()) {
            throw new Refused("Invalid Time Stamp: not a number of seconds.");
        }
        long age = Instant.now().getEpochSecond() - Long.parseLong(seconds.group(1));
        if (age > OLDEST) {
            throw new Refused("Invalid Time Stamp: too old.");
        }
        if (age < -MOST_AHEAD) {
            throw new Refused("Invalid Time Stamp: in the future.");
        }
        if (email.length() > 254 || !ADDRESS.matcher(email).matches()) {
            throw new Refused("Login was unsuccessful! The email is no address.");
        }
        if (name.length() > 255 || name.codePoints().anyMatch(Character::isISOControl)) {
            throw new Refused("Login was unsuccessful! The name cannot be shown.");
        }
        return given;
    }

    /** Returns the target when it is a page of this portal, else the home page. */
    private static String ownPage(String target) {
        try {
            URI there = BASE.resolve("/").resolve(URI.create(target));
            boolean own = BASE.getScheme().equals(there.getScheme())
                    && BASE.getAuthority().equals(there.getAuthority());
            String query = there.getRawQuery() == null ? "" : "?" + there.getRawQuery();
            return own ? "/" + there.getRawPath().replaceFirst("^/+", "") + query : "/";
        } catch (IllegalArgumentException error) {
            return "/";
        }
    }

    private static void signIn(HttpExchange exchange, String token) throws Exception {
        Map<String, String> given = judge(String.valueOf(exchange.getRequestURI().getRawQuery()));
        String key = given.get("email").toLowerCase(Locale.ROOT);
        Map<String, String> contact = CONTACTS.computeIfAbsent(key, unknown -> new LinkedHashMap<>());
        for (String field : new String[] {"email", "name", "phone", "company"}) {
            if (!given.getOrDefault(field, "").isBlank()) {
                contact.put(field, given.get(field));
            }
        }
        Map<String, String> before = SESSIONS.remove(token);
        String wanted = before == null ? "/" : before.getOrDefault("wanted", "/");
        String target = given.getOrDefault("redirect_to", "");
        redirect(exchange, ownPage(target.isEmpty() ? wanted : target), Map.of("email", key));
    }

    private static void answer(HttpExchange exchange) throws Exception {
        Matcher cookie = COOKIE.matcher(String.valueOf(exchange.getRequestHeaders().getFirst("Cookie")));
        String token = cookie.find() ? cookie.group(1) : "";
        Map<String, String> contact = CONTACTS.get(SESSIONS.getOrDefault(token, Map.of()).getOrDefault("email", ""));
        String path = exchange.getRequestURI().getPath();
        if (exchange.getRequestMethod().equals("POST")) {
            throw new Refused("Login was unsuccessful! A login comes as a link.");
        }
        switch (path) {
            case "/" -> show(exchange, 200, home(contact));
            case "/login", "/support/tickets" -> {
                if (contact != null && !path.equals("/login")) {
                    show(exchange, 200, "<h1>Tickets</h1>");
                    return;
                }
                String joint = REMOTE_LOGIN_URL.contains("?") ? "&" : "?";
                String host = URLEncoder.encode(BASE.getAuthority(), StandardCharsets.UTF_8);
                Map<String, String> session = path.equals("/login") ? Map.of() : Map.of("wanted", path);
                redirect(exchange, REMOTE_LOGIN_URL + joint + "host_url=" + host, session);
            }
            case "/login/sso", "/login/sso/" -> signIn(exchange, token);
            case "/logout" -> {
                SESSIONS.remove(token);
                redirect(exchange, "/", Map.of());
            }
            default -> show(exchange, 404, "<h1>Not found</h1>");
        }
    }

    private static void handle(HttpExchange exchange) throws IOException {
        try {
            answer(exchange);
        } catch (Refused refusal) {
            String why = escaped(refusal.getMessage());
            show(exchange, 403, "<h1>Login refused</h1><p id=\"login-error\">" + why + "</p>");
        } catch (Exception error) {
            error.printStackTrace();
            show(exchange, 500, "<h1>Error</h1>");
        } finally {
            exchange.close();
        }
    }

    private static String home(Map<String, String> contact) {
        if (contact == null) {
            return "<h1>Portal</h1><p>Nobody is signed in. <a href=\"/login\">Log in</a></p>";
        }
        StringBuilder shown = new StringBuilder("<h1>Portal</h1>");
        contact.forEach((field, value) ->
                shown.append("<p id=\"person-%s\">%s</p>".formatted(field, escaped(value))));
        return shown + "<form action=\"/logout\"><button id=\"log-out\">Log out</button></form>";
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\"", "&quot;");
    }

    private static void show(HttpExchange exchange, int status, String body) throws IOException {
        byte[] page = ("<!DOCTYPE html>\n<html lang=en><title>Portal</title>\n" + body + "\n</html>\n")
                .getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
        exchange.sendResponseHeaders(status, page.length);
        exchange.getResponseBody().write(page);
    }

    private static void redirect(HttpExchange exchange, String to, Map<String, String> session) throws IOException {
        if (!session.isEmpty()) {
            byte[] bytes = new byte[24];
            RANDOM.nextBytes(bytes);
            String token = Base64.getUrlEncoder().encodeToString(bytes);
            SESSIONS.put(token, session);
            String cookie = "session=" + token + "; Path=/; HttpOnly; SameSite=Lax";
            exchange.getResponseHeaders().set("Set-Cookie", cookie);
        }
        exchange.getResponseHeaders().set("Location", to);
        exchange.sendResponseHeaders(302, -1);
    }

    public static void main(String[] arguments) throws IOException {
        InetSocketAddress address = new InetSocketAddress("127.0.0.1", Integer.parseInt(System.getenv("LAB_PORT")));
        HttpServer server = HttpServer.create(address, 0);
        server.createContext("/", Portal::handle);
        server.setExecutor(Executors.newFixedThreadPool(8));
        server.start();
    }
}
