<?php

/**
 * A site whose login is SimpleSAMLphp's, and the router that serves both: /simplesaml/ is SimpleSAMLphp's own.
 */

const SIMPLESAMLPHP = '/usr/share/simplesamlphp';
const FIRST_NAMES = ['FirstName', 'givenname', 'User.FirstName', 'username',
    'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname'];
const LAST_NAMES = ['LastName', 'surname', 'User.LastName',
    'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname'];

final class Site
{
    public const LOGOUT = 'logout';

    /** Show SimpleSAMLphp's error: an exception is its way to refuse, a fault of its code stays an error. */
    public static function refuse($config, array $data): void
    {
        preg_match_all('/^Caused by: ([\w\\\\]+): .*$/m', $data['error']['exceptionTrace'], $told);
        $faults = array_filter($told[1], fn (string $class): bool => is_a($class, \Error::class, true));
        http_response_code($faults ? 500 : 403);
        $text = implode("\n", [$data['error']['exceptionMsg'], ...$told[0]]);
        self::page('Login refused', '<p id="login-error">' . self::text($text) . '</p>');
    }

    public static function home(\SimpleSAML\Auth\Simple $login): void
    {
        $id = $login->isAuthenticated() ? $login->getAuthData('saml:sp:NameID') : null;
        if (!$login->isAuthenticated()) {
            self::page('A site', '<p>Nobody is signed in. <a href="/login">Log in</a></p>');
        }
        if (!filter_var($id?->getValue(), FILTER_VALIDATE_EMAIL)) {
            self::page('Login refused', '<p id="login-error">The login gave no e-mail address.</p>');
        }
        $attributes = $login->getAttributes();
        $name = self::first($attributes, FIRST_NAMES) . ' ' . self::first($attributes, LAST_NAMES);
        $name = trim($name) !== '' ? '<span id="person-name">' . self::text($name) . '</span>, ' : '';
        self::page('A site', "<p>You are $name<span id=\"person-email\">" . self::text($id->getValue()) . '</span>.</p>'
            . '<form action="/logout"><button id="log-out">Log out</button></form>');
    }

    /** Tell what came of a logout: SimpleSAMLphp completes it whatever the identity provider's status says. */
    public static function signedOut(): void
    {
        $state = \SimpleSAML\Auth\State::loadState((string) ($_GET['state'] ?? ''), self::LOGOUT);
        if ($state['saml:sp:LogoutStatus']['Code'] !== \SAML2\Constants::STATUS_SUCCESS) {
            self::page('Signed out', '<p id="login-error">The identity provider did not log you out.</p>');
        }
        self::page('Signed out', '<p id="logged-out">You are signed out.</p>');
    }

    public static function page(string $title, string $body): never
    {
        header('Content-Type: text/html; charset=utf-8');
        exit("<!DOCTYPE html>\n<html lang=\"en\">\n<title>$title</title>\n<h1>$title</h1>\n$body\n</html>\n");
    }

    private static function first(array $attributes, array $names): string
    {
        foreach ($names as $name) {
            $value = $attributes[$name][0] ?? null;
            // A value that is more than text, a comment inside for example, comes as the list of its nodes.
            $value = $value instanceof \DOMNodeList ? $value->item(0)?->parentNode?->textContent : $value;
            if (is_string($value)) {
                return $value;
            }
        }
        return '';
    }

    private static function text(string $text): string
    {
        return htmlspecialchars($text, ENT_QUOTES | ENT_SUBSTITUTE);
    }
}

// SimpleSAMLphp sets Secure over https alone. Browsers take *.localhost for as safe, so that the flags are added here,
// as the proxy before a site does it: the session must come along with the identity provider's POST.
header_register_callback(function (): void {
    $cookies = preg_grep('/^Set-Cookie:/i', headers_list());
    header_remove('Set-Cookie');
    foreach ($cookies as $cookie) {
        header("$cookie; Secure; SameSite=None", false);
    }
});

$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if (preg_match('#^/simplesaml/(module\.php|logout\.php)(/.*)?$#', $path, $found)) {
    $_SERVER['SCRIPT_NAME'] = "/simplesaml/$found[1]";
    $_SERVER['SCRIPT_FILENAME'] = SIMPLESAMLPHP . "/www/$found[1]";
    $_SERVER['PATH_INFO'] = $found[2] ?? '';
    chdir(SIMPLESAMLPHP . '/www');
    require $_SERVER['SCRIPT_FILENAME'];
    exit;
}

require SIMPLESAMLPHP . '/www/_include.php';
$login = new \SimpleSAML\Auth\Simple('lab');
match ($path) {
    '/' => Site::home($login),
    '/login' => $login->login(['ReturnTo' => getenv('LAB_BASE_URL') . '/']),
    '/members' => $login->requireAuth() ?? Site::home($login),
    '/logout' => $login->logout([
        'ReturnTo' => getenv('LAB_BASE_URL') . '/signed-out',
        'ReturnStateParam' => 'state',
        'ReturnStateStage' => Site::LOGOUT,
    ]),
    '/signed-out' => Site::signedOut(),
    default => http_response_code(404),
};
