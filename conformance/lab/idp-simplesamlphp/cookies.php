<?php

// SimpleSAMLphp sets Secure over https alone. Browsers take *.localhost for as safe, so that the flags are added here,
// as the proxy before a site does it: the session must come along with a request that a portal posts. The page is held
// back until then; the hook for headers is SimpleSAMLphp's own.
ob_start(function (string $page): string {
    $cookies = preg_grep('/^Set-Cookie:/i', headers_list());
    header_remove('Set-Cookie');
    foreach ($cookies as $cookie) {
        header("$cookie; Secure; SameSite=None", false);
    }
    return $page;
});
