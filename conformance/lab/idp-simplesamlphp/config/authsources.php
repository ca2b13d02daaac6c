<?php

$config = ['people' => ['exampleauth:UserPass']];
foreach (json_decode(file_get_contents(getenv('LAB_PEOPLE')), true) as $person) {
    $config['people']["$person[user]:$person[password]"] = [
        'uid' => [$person['user']],
        'mail' => [$person['email']],
        'FirstName' => [$person['first_name']],
        'LastName' => [$person['last_name']],
    ];
}
