<?php

$config = [
    'lab' => [
        'saml:SP',
        'entityID' => getenv('LAB_BASE_URL') . '/simplesaml/module.php/saml/sp/metadata.php/lab',
        'idp' => getenv('LAB_IDP_ENTITY_ID'),
        'privatekey' => 'sp.key',
        'certificate' => 'sp.pem',
        'NameIDPolicy' => ['Format' => 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress', 'AllowCreate' => true],
        'redirect.sign' => true,
        'redirect.validate' => true,
        'validate.logout' => true,
        'sign.logout' => true,
        'acs.Bindings' => ['urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'],
    ],
];
